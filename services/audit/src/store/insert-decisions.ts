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
  ['int', ({ record }) => record.json.length],
]

const KEYS =
  'node, epoch, sequence, time, allowed, reason, environment_id, api_id, operation_id, client_id, credential_id, request_id'
const NAMES = `${KEYS}, json`
const arrays = columns.map(([type], i) => `$${i + 3}::${type}[]`).join(', ')

// All records are one value, which node-postgres sends as the bytes that it is: an array of them would be hexadecimal
// text in quotes, at several microseconds of this process for each.
// LATERAL with LIMIT: one index look-up per record. A plain join may become a scan of the whole ledger while its
// statistics are young.
const INSERT = `
  WITH incoming AS (
    SELECT ${KEYS}, ordinal, substring($2::bytea FROM (end_byte - bytes + 1)::int FOR bytes) AS json
    FROM (
      SELECT *, sum(bytes) OVER (ORDER BY ordinal) AS end_byte
      FROM unnest(${arrays}) WITH ORDINALITY AS t (${KEYS}, bytes, ordinal)
    ) AS counted
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
  const json = Buffer.concat(entries.map(({ record }) => record.json))
  const values = [String(head), json, ...columns.map(([, value]) => entries.map(value))]
  const { rows } = await client.query<{ count: number; conflicts: number[] }>(INSERT, values)
  const conflicts = (rows[0]?.conflicts ?? []).flatMap((ordinal) => entries[ordinal - 1] ?? [])
  return { count: rows[0]?.count ?? 0, conflicts }
}
