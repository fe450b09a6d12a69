import { createHmac } from 'node:crypto'
import { orStoreError } from '@gatehouse/event-store'
import type pg from 'pg'

const browsersMax = 20
const rememberDays = 90

/** Browsers in which a user has signed in: by HMAC of the binding that the gateway gave them. */
export interface KnownBrowsers {
  isKnown(userId: string, binding: string, now: Date): Promise<boolean>
  remember(userId: string, binding: string, now: Date): Promise<void>
}

export function createKnownBrowsers(pool: pg.Pool, key: Uint8Array): KnownBrowsers {
  const browserOf = (binding: string) => createHmac('sha256', key).update(`browser\n${binding}`).digest()
  const since = (now: Date) => new Date(now.getTime() - rememberDays * 86_400_000)

  return {
    async isKnown(userId, binding, now) {
      const text = 'SELECT FROM token.known_browser WHERE user_id = $1 AND browser = $2 AND last_time > $3'
      const values = [userId, browserOf(binding), since(now)]
      const { rowCount } = await orStoreError(pool.query({ name: 'known browser', text, values }))
      return rowCount === 1
    },
    async remember(userId, binding, now) {
      const text = `
        WITH others AS (
          SELECT browser FROM token.known_browser WHERE user_id = $1 AND browser <> $2
          ORDER BY last_time DESC OFFSET ${browsersMax - 1}
        ), dropped AS (
          DELETE FROM token.known_browser WHERE user_id = $1 AND browser IN (SELECT browser FROM others)
        )
        INSERT INTO token.known_browser (user_id, browser, last_time) VALUES ($1, $2, $3)
        ON CONFLICT (user_id, browser) DO UPDATE SET last_time = excluded.last_time`
      await orStoreError(pool.query({ name: 'remember browser', text, values: [userId, browserOf(binding), now] }))
    },
  }
}
