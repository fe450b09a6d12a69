import type pg from 'pg'
import { forgetSeconds } from '../sign-in/throttle.ts'

const dayMs = 86_400_000
/** Operators look at grants that ended lately; everything of a grant is refused by its events. */
const endedGrantMs = 30 * dayMs
/** Far longer than a command takes: a hash is kept before the event that names it. */
const unnamedPasswordMs = 3_600_000

/** Drops what the time has ended, which is no event: it was said when it began. */
export async function dropExpired(pool: pg.Pool, now: Date): Promise<void> {
  const before = (ms: number) => [new Date(now.getTime() - ms)]
  for (const table of ['session', 'device_authorization', 'federation_state', 'pushed_request']) {
    await pool.query(`DELETE FROM token.${table} WHERE expire_time <= $1`, [now])
  }
  // Those that a sign-in holds are left: it would wait for this, and this for it.
  const free = 'SELECT key FROM token.throttle WHERE last_time < $1 FOR UPDATE SKIP LOCKED'
  await pool.query(`DELETE FROM token.throttle WHERE key IN (${free})`, before(forgetSeconds * 1000))
  await pool.query('DELETE FROM token."grant" WHERE expire_time < $1', before(endedGrantMs))
}

/** Drops hashes that a crash left behind before an event named them: they are nobody's, and still could be guessed at. */
export async function dropUnnamedPasswords(pool: pg.Pool, now: Date): Promise<void> {
  const text = `DELETE FROM token.password WHERE create_time < $1 AND NOT EXISTS
    (SELECT 1 FROM token."user" u WHERE u.user_id = password.user_id AND u.password_id = password.password_id)`
  await pool.query(text, [new Date(now.getTime() - unnamedPasswordMs)])
}
