import { hash } from 'node:crypto'
import type pg from 'pg'
import type { KeyedRecord } from './copy-decisions.ts'

// LATERAL with LIMIT: one index look-up per record. A plain join may become a scan of the whole ledger while its
// statistics are young.
const DIFFERENT = `
  SELECT i.ordinal::int FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bytea[])
    WITH ORDINALITY AS i (node, epoch, sequence, digest, ordinal)
  CROSS JOIN LATERAL (
    SELECT json FROM audit.decision WHERE node = i.node AND epoch = i.epoch AND sequence = i.sequence LIMIT 1
  ) d
  WHERE sha256(d.json) <> i.digest`

/** Of records whose identities are taken: those that are stored with other bytes. */
export async function storedOtherwise(client: pg.PoolClient, entries: readonly KeyedRecord[]): Promise<KeyedRecord[]> {
  if (entries.length === 0) return []
  const { rows } = await client.query<{ ordinal: number }>(DIFFERENT, [
    entries.map(({ record }) => record.node),
    entries.map(({ record }) => String(record.epoch)),
    entries.map(({ record }) => String(record.sequence)),
    entries.map(({ record }) => hash('sha256', record.json, 'buffer')),
  ])
  return rows.flatMap(({ ordinal }) => entries[ordinal - 1] ?? [])
}
