import type pg from 'pg'
import type { Day } from '../store/days.ts'

/** A day of the ledger that has records. */
export interface FilledDay {
  readonly day: Day
  /** The latest time at which one of them was decided. */
  readonly maxTime: Date
}

/** Days that have records decided in this span, both ends included; those with the latest one first. */
export async function daysBetween(
  client: pg.Pool | pg.PoolClient,
  start: Date | undefined,
  end: Date | undefined,
): Promise<FilledDay[]> {
  const { rows } = await client.query<{ day: Day; max_time: Date }>(
    `SELECT day::text, max_time FROM audit.day
     WHERE max_time >= coalesce($1::timestamptz, '-infinity') AND min_time <= coalesce($2::timestamptz, 'infinity')
     ORDER BY max_time DESC, day DESC`,
    [start, end],
  )
  return rows.map(({ day, max_time: maxTime }) => ({ day, maxTime }))
}

/** Days that hold positions behind `after`, up to `upTo`. */
export async function daysOfPositions(client: pg.Pool | pg.PoolClient, after: bigint, upTo: bigint): Promise<Day[]> {
  const { rows } = await client.query<{ day: Day }>(
    `SELECT day::text FROM audit.day WHERE first_position <= $2::bigint
     AND day >= coalesce((SELECT max(day) FROM audit.day WHERE first_position <= $1::bigint + 1), '-infinity')`,
    [String(after), String(upTo)],
  )
  return rows.map(({ day }) => day)
}

/** More would lock more of Postgres at once than it has room for: each day is a table with ten indexes. */
const GROUP_MAX = 16

/** One by one at first, since most of what is asked for is new; then more at once. */
export function* groupsOf<Item>(days: readonly Item[]): Generator<[Item, ...Item[]], void> {
  for (let start = 0, size = 1; start < days.length; start += size, size = Math.min(start, GROUP_MAX)) {
    const [first, ...others] = days.slice(start, start + size)
    if (first !== undefined) yield [first, ...others]
  }
}
