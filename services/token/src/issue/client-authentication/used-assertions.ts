import { orStoreError } from '@gatehouse/event-store'
import type pg from 'pg'

/** Remembers the assertion until it is dead by itself; false when it was used before. One winner, however many ask. */
export async function useAssertion(
  pool: pg.Pool,
  clientId: string,
  assertionId: string,
  expireTime: Date,
): Promise<boolean> {
  const { rowCount } = await orStoreError(
    pool.query({
      name: 'use assertion',
      text: `
        INSERT INTO token.used_assertion (client_id, assertion_id, expire_time) VALUES ($1, $2, $3)
        ON CONFLICT DO NOTHING`,
      values: [clientId, assertionId, expireTime],
    }),
  )
  return rowCount === 1
}

/** Forgets what cannot be replayed any more. */
export async function forgetAssertions(pool: pg.Pool, now: Date): Promise<void> {
  await pool.query('DELETE FROM token.used_assertion WHERE expire_time < $1', [now])
}
