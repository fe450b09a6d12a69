import type { NodeCompleteness } from '@gatehouse/contracts/audit/v1/audit_service'
import type pg from 'pg'

interface Row {
  readonly node: string
  readonly epoch: string
  readonly last_sequence: string
  readonly record_count: string
  readonly holes: readonly (readonly [string, string])[]
}

/** What is known of every epoch of every node, and what is missing in it. */
export async function readCompleteness(pool: pg.Pool): Promise<NodeCompleteness[]> {
  const { rows } = await pool.query<Row>(
    `SELECT n.*, coalesce((
       SELECT json_agg(json_build_array(first_missing::text, last_missing::text) ORDER BY first_missing)
       FROM audit.sequence_hole h WHERE h.node = n.node AND h.epoch = n.epoch
     ), '[]') AS holes
     FROM audit.node_epoch n ORDER BY node COLLATE "C", epoch`,
  )
  return rows.map((row) => {
    const id = { node: row.node, epoch: BigInt(row.epoch) }
    const holes = row.holes.map(([first, last]) => ({
      ...id,
      firstMissing: BigInt(first),
      lastMissing: BigInt(last),
    }))
    return { ...id, lastSequence: BigInt(row.last_sequence), recordCount: BigInt(row.record_count), holes }
  })
}

export interface MissingCounts {
  readonly records: number
  readonly holes: number
  readonly deadLetters: number
}

/** The sums that raise an alarm. */
export async function countMissing(pool: pg.Pool): Promise<MissingCounts> {
  const { rows } = await pool.query<{ records: string; holes: string; letters: string }>(
    `SELECT coalesce(sum(last_missing - first_missing + 1), 0) AS records, count(*) AS holes,
            (SELECT note_sequence FROM audit.ledger_head) AS letters
     FROM audit.sequence_hole`,
  )
  const [row] = rows
  return { records: Number(row?.records ?? 0), holes: Number(row?.holes ?? 0), deadLetters: Number(row?.letters ?? 0) }
}
