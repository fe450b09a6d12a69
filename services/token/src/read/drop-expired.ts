import type pg from 'pg'
import { forgetSeconds } from '../sign-in/throttle.ts'

/** Drops what the time has ended, which is no event: it was said when it began. */
export async function dropExpired(pool: pg.Pool, now: Date): Promise<void> {
  for (const table of ['session', 'device_authorization', 'federation_state', 'pushed_request']) {
    await pool.query(`DELETE FROM token.${table} WHERE expire_time <= $1`, [now])
  }
  const forgotten = new Date(now.getTime() - forgetSeconds * 1000)
  await pool.query('DELETE FROM token.throttle WHERE last_time < $1', [forgotten])
}
