import type pg from 'pg'
import { type Coverage, missing, nothingCovered } from '../domain/coverage.ts'

/** One life of a node: its records are numbered from 1. */
export interface NodeEpoch {
  readonly node: string
  readonly epoch: bigint
}

interface Row {
  readonly ordinal: number
  readonly last_sequence: string
  readonly holes: readonly (readonly [string, string])[]
}

/** Which sequences each of these epochs has, in their order. The caller holds the lock of the head. */
export async function readCoverages(client: pg.PoolClient, epochs: readonly NodeEpoch[]): Promise<Coverage[]> {
  if (epochs.length === 0) return []
  const { rows } = await client.query<Row>(
    `SELECT i.ordinal::int, n.last_sequence, coalesce((
       SELECT json_agg(json_build_array(first_missing::text, last_missing::text) ORDER BY first_missing)
       FROM audit.sequence_hole h WHERE h.node = n.node AND h.epoch = n.epoch
     ), '[]') AS holes
     FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS i (node, epoch, ordinal)
     JOIN audit.node_epoch n ON n.node = i.node AND n.epoch = i.epoch`,
    [epochs.map(({ node }) => node), epochs.map(({ epoch }) => String(epoch))],
  )
  const coverages = epochs.map(() => nothingCovered)
  for (const { ordinal, last_sequence, holes } of rows) {
    coverages[ordinal - 1] = {
      last: BigInt(last_sequence),
      holes: holes.map(([first, last]) => ({ first: BigInt(first), last: BigInt(last) })),
    }
  }
  return coverages
}

export interface CoverageChange extends NodeEpoch {
  readonly before: Coverage
  readonly after: Coverage
}

/** The caller holds the lock of the head. */
export async function writeCoverages(client: pg.PoolClient, changes: readonly CoverageChange[]): Promise<void> {
  if (changes.length === 0) return
  await client.query(
    `INSERT INTO audit.node_epoch SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[])
     ON CONFLICT (node, epoch)
     DO UPDATE SET last_sequence = excluded.last_sequence, record_count = excluded.record_count`,
    [
      changes.map(({ node }) => node),
      changes.map(({ epoch }) => String(epoch)),
      changes.map(({ after }) => String(after.last)),
      changes.map(({ after }) => String(after.last - missing(after))),
    ],
  )
  for (const change of changes) if (change.after.holes !== change.before.holes) await writeHoles(client, change)
}

async function writeHoles(client: pg.PoolClient, { node, epoch, after }: CoverageChange): Promise<void> {
  const id = [node, String(epoch)]
  await client.query('DELETE FROM audit.sequence_hole WHERE node = $1 AND epoch = $2', id)
  const firsts = after.holes.map(({ first }) => String(first))
  const lasts = after.holes.map(({ last }) => String(last))
  await client.query(
    `INSERT INTO audit.sequence_hole
     SELECT $1, $2::bigint, first, last FROM unnest($3::bigint[], $4::bigint[]) AS t (first, last)`,
    [...id, firsts, lasts],
  )
}
