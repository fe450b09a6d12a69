import type { StoredRecord } from '@gatehouse/contracts/audit/v1/decision_record'
import type pg from 'pg'
import type { DecisionKeys } from '../domain/read-record.ts'

/** A record with the fields it is found by. */
export interface KeyedRecord {
  readonly record: StoredRecord
  readonly keys: DecisionKeys
}

export interface Inserted {
  readonly count: number
  /** Those whose identity is taken by other bytes. */
  readonly conflicts: readonly KeyedRecord[]
}

const columns: readonly [string, (entry: KeyedRecord) => unknown][] = [
  ['text', ({ record }) => record.node],
  ['bigint', ({ record }) => String(record.epoch)],
  ['bigint', ({ record }) => String(record.sequence)],
  ['timestamptz', ({ keys }) => new Date(keys.timeMs).toISOString()],
  ['boolean', ({ keys }) => keys.allowed],
  ['text', ({ keys }) => keys.reason],
  ['text', ({ keys }) => keys.environmentId],
  ['text', ({ keys }) => keys.apiId],
  ['text', ({ keys }) => keys.operationId],
  ['text', ({ keys }) => keys.clientId],
  ['text', ({ keys }) => keys.credentialId],
  ['text', ({ keys }) => keys.requestId],
  ['bytea', ({ record }) => Buffer.from(record.json.buffer, record.json.byteOffset, record.json.byteLength)],
]

const NAMES =
  'node, epoch, sequence, time, allowed, reason, environment_id, api_id, operation_id, client_id, credential_id, request_id, json'
const arrays = columns.map(([type], i) => `$${i + 2}::${type}[]`).join(', ')

// LATERAL with LIMIT: one index look-up per record. A plain join may become a scan of the whole ledger while its
// statistics are young.
const INSERT = `
  WITH incoming AS (
    SELECT * FROM unnest(${arrays}) WITH ORDINALITY AS t (${NAMES}, ordinal)
  ), known AS (
    SELECT i.ordinal, d.json = i.json AS same FROM incoming i CROSS JOIN LATERAL (
      SELECT json FROM audit.decision WHERE node = i.node AND epoch = i.epoch AND sequence = i.sequence LIMIT 1
    ) d
  ), inserted AS (
    INSERT INTO audit.decision (position, ${NAMES})
    SELECT $1::bigint + row_number() OVER (ORDER BY ordinal), ${NAMES}
    FROM incoming WHERE NOT EXISTS (SELECT FROM known WHERE known.ordinal = incoming.ordinal)
    RETURNING 1
  )
  SELECT (SELECT count(*)::int FROM inserted) AS count,
         coalesce((SELECT array_agg(ordinal::int) FROM known WHERE NOT same), '{}') AS conflicts`

/** Inserts those that are new, behind `head`, in their order. The caller holds the lock of the head. */
export async function insertDecisions(
  client: pg.PoolClient,
  head: bigint,
  entries: readonly KeyedRecord[],
): Promise<Inserted> {
  if (entries.length === 0) return { count: 0, conflicts: [] }
  const values = [String(head), ...columns.map(([, value]) => entries.map(value))]
  const { rows } = await client.query<{ count: number; conflicts: number[] }>(INSERT, values)
  const conflicts = (rows[0]?.conflicts ?? []).flatMap((ordinal) => entries[ordinal - 1] ?? [])
  return { count: rows[0]?.count ?? 0, conflicts }
}
