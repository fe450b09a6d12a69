import { withClient } from '@gatehouse/event-store'
import type pg from 'pg'

/** A day of the ledger, UTC: `2026-11-23`. */
export type Day = string

const DAY_MS = 86_400_000

export function dayOf(timeMs: number): Day {
  return new Date(timeMs).toISOString().slice(0, 10)
}

/** The table that holds the records of a day. */
export function tableOf(day: Day): string {
  return `audit.decision_${day.replaceAll('-', '')}`
}

/**
 * Makes room for the records that come from this day on. Readers are not held up: a new table is attached, none is
 * changed. The caller holds the lock of the head, and stores the day in it.
 */
export async function openDay(client: pg.PoolClient, day: Day, firstPosition: bigint): Promise<void> {
  const table = tableOf(day)
  await client.query(
    `CREATE TABLE ${table} (LIKE audit.decision, PRIMARY KEY (position), UNIQUE (node, epoch, sequence))`,
  )
  const next = dayOf(Date.parse(day) + DAY_MS)
  await client.query(`ALTER TABLE audit.decision ATTACH PARTITION ${table} FOR VALUES FROM ('${day}') TO ('${next}')`)
  await client.query('INSERT INTO audit.day (day, first_position) VALUES ($1, $2)', [day, String(firstPosition)])
}

/**
 * Days before `before` are gone then, with their dead letters; never the one that takes records, nor one that the tree
 * does not have yet. Answers which.
 */
export async function dropDays(pool: pg.Pool, before: Day): Promise<Day[]> {
  const { rows } = await pool.query<{ day: Day }>(
    `SELECT day::text FROM audit.day WHERE day < $1 AND day < (SELECT day FROM audit.ledger_head)
     AND (SELECT min(first_position) - 1 FROM audit.day AS next WHERE next.day > audit.day.day) <= (SELECT size FROM audit.tree)
     ORDER BY day`,
    [before],
  )
  for (const { day } of rows) await withClient(pool, (client) => dropDay(client, day))
  await pool.query('DELETE FROM audit.dead_letter WHERE receive_time < $1', [before])
  return rows.map(({ day }) => day)
}

async function dropDay(client: pg.PoolClient, day: Day): Promise<void> {
  await client.query('BEGIN')
  // Who reads is waited for, and whoever comes meanwhile waits behind it: not for long.
  await client.query("SET LOCAL lock_timeout = '2s'")
  await client.query(`DROP TABLE ${tableOf(day)}`)
  await client.query('DELETE FROM audit.day WHERE day = $1', [day])
  await client.query('COMMIT')
}
