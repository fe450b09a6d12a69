import type { StoredRecord } from '@gatehouse/contracts/audit/v1/decision_record'
import type pg from 'pg'
import { type Coverage, cover, missing, nothingCovered } from '../domain/coverage.ts'

type Identity = Pick<StoredRecord, 'node' | 'epoch' | 'sequence'>

/** Notes the arrival of records and what is missing between them. The caller holds the lock of the head. */
export async function coverRecords(client: pg.PoolClient, arrived: readonly Identity[]): Promise<void> {
  const groups = Map.groupBy(arrived, ({ node, epoch }) => `${node} ${epoch}`)
  for (const group of groups.values()) {
    const [first] = group
    if (!first) continue
    const before = await readCoverage(client, first)
    const after = cover(
      before,
      group.map(({ sequence }) => sequence),
    )
    await writeCoverage(client, first, before, after)
  }
}

async function readCoverage(client: pg.PoolClient, { node, epoch }: Identity): Promise<Coverage> {
  const values = [node, String(epoch)]
  const epochs = await client.query<{ last_sequence: string }>(
    'SELECT last_sequence FROM audit.node_epoch WHERE node = $1 AND epoch = $2',
    values,
  )
  if (!epochs.rows[0]) return nothingCovered
  const holes = await client.query<{ first_missing: string; last_missing: string }>(
    'SELECT first_missing, last_missing FROM audit.sequence_hole WHERE node = $1 AND epoch = $2 ORDER BY 1',
    values,
  )
  return {
    last: BigInt(epochs.rows[0].last_sequence),
    holes: holes.rows.map((row) => ({ first: BigInt(row.first_missing), last: BigInt(row.last_missing) })),
  }
}

async function writeCoverage(
  client: pg.PoolClient,
  { node, epoch }: Identity,
  before: Coverage,
  after: Coverage,
): Promise<void> {
  const id = [node, String(epoch)]
  await client.query(
    `INSERT INTO audit.node_epoch VALUES ($1, $2, $3, $4) ON CONFLICT (node, epoch)
     DO UPDATE SET last_sequence = excluded.last_sequence, record_count = excluded.record_count`,
    [...id, String(after.last), String(after.last - missing(after))],
  )
  if (after.holes === before.holes) return
  await client.query('DELETE FROM audit.sequence_hole WHERE node = $1 AND epoch = $2', id)
  const firsts = after.holes.map(({ first }) => String(first))
  const lasts = after.holes.map(({ last }) => String(last))
  await client.query(
    `INSERT INTO audit.sequence_hole
     SELECT $1, $2::bigint, first, last FROM unnest($3::bigint[], $4::bigint[]) AS t (first, last)`,
    [...id, firsts, lasts],
  )
}
