import { hash } from 'node:crypto'
import type pg from 'pg'
import { daysBetween, groupsOf } from '../read/days.ts'
import type { KeyedRecord } from './copy-decisions.ts'

// LATERAL with LIMIT: one index look-up per record. A plain join may become a scan of the whole ledger while its
// statistics are young.
const SAME = `
  SELECT i.ordinal::int, sha256(d.json) = i.digest AS same
  FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bytea[])
    WITH ORDINALITY AS i (node, epoch, sequence, digest, ordinal)
  CROSS JOIN LATERAL (
    SELECT json FROM audit.decision
    WHERE node = i.node AND epoch = i.epoch AND sequence = i.sequence AND day = ANY($5::date[]) LIMIT 1
  ) d`

/**
 * Of records whose identities are taken: those that are stored with other bytes. Of what was dropped with its day nobody
 * knows the bytes: it is taken for the same.
 */
export async function storedOtherwise(client: pg.PoolClient, entries: readonly KeyedRecord[]): Promise<KeyedRecord[]> {
  if (entries.length === 0) return []
  const different: KeyedRecord[] = []
  let left = entries
  for (const days of groupsOf(await daysBetween(client, undefined, undefined))) {
    const { rows } = await client.query<{ ordinal: number; same: boolean }>(SAME, [
      left.map(({ record }) => record.node),
      left.map(({ record }) => String(record.epoch)),
      left.map(({ record }) => String(record.sequence)),
      left.map(({ record }) => hash('sha256', record.json, 'buffer')),
      days.map(({ day }) => day),
    ])
    const found = new Map(rows.map(({ ordinal, same }) => [left[ordinal - 1], same]))
    different.push(...left.filter((entry) => found.get(entry) === false))
    left = left.filter((entry) => !found.has(entry))
    if (left.length === 0) break
  }
  return different
}
