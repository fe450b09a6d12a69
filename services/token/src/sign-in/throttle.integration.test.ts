import { migrate, openPool } from '@gatehouse/event-store'
import { sharedDatabase, waitFor } from '@gatehouse/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { type Counted, createThrottle, type Throttle } from './throttle.ts'

const allowance = { free: 10, pauseMaxSeconds: 60 }
const counted = (name: string): Counted => ({ kind: 'test', of: [name], allowance })

async function openThrottle() {
  const pool = openPool({ url: await sharedDatabase(), applicationName: 'throttle test' })
  onTestFinished(() => pool.end())
  const events = new URL('../../../../packages/event-store/src/migrations/', import.meta.url)
  await migrate(pool, 'token', [events, new URL('../migrations/token/', import.meta.url)])
  return { pool, throttle: createThrottle(pool, Buffer.alloc(32, 1)) }
}

// Those who lock them in different orders would wait for each other.
test.each<[string, (throttle: Throttle, of: readonly Counted[]) => Promise<unknown>]>([
  ['takes another try', (throttle, of) => throttle.take(of, new Date())],
  ['takes a try back', (throttle, of) => throttle.takeBack(of)],
  ['forgives', (throttle, of) => throttle.forgive(of)],
])('rows are locked in the order of their keys by who %s', async (_, act) => {
  const { pool, throttle } = await openThrottle()
  const keys = async () => {
    const { rows } = await pool.query<{ key: Buffer }>('SELECT key FROM token.throttle ORDER BY ctid')
    return rows.map(({ key }) => key)
  }
  const names = ['first']
  await throttle.take([counted('first')], new Date())
  const [first = Buffer.of()] = await keys()
  for (let n = 0, last = first; Buffer.compare(last, first) >= 0; n++) {
    if (n > 0) await throttle.forgive([counted(names.pop() ?? '')])
    names.push(`then ${n}`)
    await throttle.take([counted(`then ${n}`)], new Date())
    last = (await keys()).at(-1) ?? first
  }
  const [, least] = await keys()
  const holder = await pool.connect()
  await holder.query('BEGIN')
  await holder.query('SELECT FROM token.throttle WHERE key = $1 FOR UPDATE', [least])
  const acting = act(throttle, names.map(counted))
  const isWaiting = async () =>
    (await pool.query("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"))
      .rowCount === 1
  await waitFor(isWaiting, { what: 'it waits for the least key' })
  const { rowCount } = await holder.query('SELECT FROM token.throttle WHERE key = $1 FOR UPDATE SKIP LOCKED', [first])
  await holder.query('ROLLBACK')
  holder.release()
  await acting
  expect(rowCount).toBe(1)
})
