import { readFile } from 'node:fs/promises'
import { withClient } from '@gatehouse/event-store'
import type pg from 'pg'

export const SCHEMA = 'audit'

/** Creates what is missing; several instances may start at once. */
export async function createTables(pool: pg.Pool): Promise<void> {
  const sql = await readFile(new URL('./schema.sql', import.meta.url), 'utf8')
  await withClient(pool, async (client) => {
    await client.query('BEGIN')
    await client.query("SELECT pg_advisory_xact_lock(hashtext('gatehouse audit tables'))")
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${SCHEMA}; SET LOCAL search_path TO ${SCHEMA}; ${sql}`)
    await client.query('COMMIT')
  })
}
