import { createHmac } from 'node:crypto'
import { orStoreError, withClient } from '@gatehouse/event-store'
import type pg from 'pg'

/** How often somebody may fail: so many times freely, then after a pause that doubles from 1 s up to a maximum. */
export interface Allowance {
  readonly free: number
  readonly pauseMaxSeconds: number
}

/** What guesses are counted for: a kind with its allowance, and of whom or from where. */
export interface Counted {
  readonly kind: string
  readonly of: readonly string[]
  readonly allowance: Allowance
}

/** A pause is over for good after so long without a failure; until then the row is kept, so the table is bounded. */
export const forgetSeconds = 3600

export interface Throttle {
  /**
   * Counts one try against each, before its outcome is known: a thousand parallel guesses are as many as in a row.
   * Answers 0, or after how many seconds the next try is taken; then nothing is counted.
   */
  take(counted: readonly Counted[], now: Date): Promise<number>
  /** The try was right: these counts start anew. */
  forgive(counted: readonly Counted[]): Promise<void>
  /** The try was right, so it was no failure; those before it stay counted. */
  takeBack(counted: readonly Counted[]): Promise<void>
}

interface Row {
  readonly key: Buffer
  readonly failures: number
  readonly last_time: Date
}

/** As `take` locks them: who locks the same rows in another order waits for the one that waits for it. */
const lockInOrder =
  'WITH locked AS MATERIALIZED (SELECT key FROM token.throttle WHERE key = ANY($1) ORDER BY key FOR UPDATE)'

/** Counts in Postgres, so that a restart or another process of the service forgives nothing. */
export function createThrottle(pool: pg.Pool, key: Uint8Array): Throttle {
  const keyOf = ({ kind, of }: Counted) =>
    createHmac('sha256', key)
      .update(JSON.stringify([kind, ...of]))
      .digest()

  return {
    take(counted, now) {
      const byKey = new Map(counted.map((one) => [keyOf(one).toString('hex'), one]))
      // Every process locks the rows in the same order.
      const keys = [...byKey.keys()].sort().map((hex) => Buffer.from(hex, 'hex'))
      return orStoreError(
        withClient(pool, async (client) => {
          // A failure that a power cut forgets costs less than an fsync for each.
          await client.query('BEGIN; SET LOCAL synchronous_commit = off')
          const { rows } = await client.query<Row>({
            name: 'throttle lock',
            text: `
              INSERT INTO token.throttle AS t (key, failures, last_time) SELECT key, 0, $2 FROM unnest($1::bytea[]) AS key
              ON CONFLICT (key) DO UPDATE SET failures = t.failures RETURNING key, failures, last_time`,
            values: [keys, now],
          })
          const waits = rows.map((row) => waitOf(row, byKey.get(row.key.toString('hex'))?.allowance, now))
          const seconds = Math.max(0, ...waits)
          const text = `
            UPDATE token.throttle SET last_time = $2, failures = CASE
              WHEN last_time < $2::timestamptz - interval '${forgetSeconds} s' THEN 1 ELSE failures + 1 END
            WHERE key = ANY($1)`
          if (seconds === 0) await client.query({ name: 'throttle count', text, values: [keys, now] })
          // A try that is not taken leaves no row either: they would come at the rate of the requests.
          await client.query(seconds === 0 ? 'COMMIT' : 'ROLLBACK')
          return seconds
        }),
      )
    },
    async takeBack(counted) {
      const text = `${lockInOrder} UPDATE token.throttle AS t SET failures = failures - 1 FROM locked
        WHERE t.key = locked.key AND failures > 0`
      await orStoreError(pool.query({ name: 'throttle take back', text, values: [counted.map(keyOf)] }))
    },
    async forgive(counted) {
      const text = `${lockInOrder} DELETE FROM token.throttle AS t USING locked WHERE t.key = locked.key`
      await orStoreError(pool.query({ name: 'throttle forgive', text, values: [counted.map(keyOf)] }))
    },
  }
}

function waitOf({ failures, last_time: lastTime }: Row, allowance: Allowance | undefined, now: Date): number {
  const ageSeconds = (now.getTime() - lastTime.getTime()) / 1000
  if (!allowance || failures < allowance.free || ageSeconds >= forgetSeconds) return 0
  const pauseSeconds = Math.min(2 ** Math.min(failures - allowance.free, 30), allowance.pauseMaxSeconds)
  return Math.max(0, Math.ceil(pauseSeconds - ageSeconds))
}

/** Where a request comes from, as far as one party holds it: an IPv4 address, or the /64 of an IPv6 one. */
export function sourceOf(clientIp: string): string {
  if (!clientIp.includes(':')) return clientIp
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(clientIp)
  if (mapped?.[1]) return mapped[1]
  const [head = '', tail] = clientIp.toLowerCase().split('%')[0]?.split('::') ?? []
  const groups = (text: string) => (text === '' ? [] : text.split(':'))
  const before = groups(head)
  const after = groups(tail ?? '')
  const zeros =
    tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0')
  const network = [...before, ...zeros, ...after].slice(0, 4)
  return `${network.map((group) => Number.parseInt(group || '0', 16).toString(16)).join(':')}::/64`
}
