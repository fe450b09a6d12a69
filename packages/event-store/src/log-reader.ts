import type { RecordedEvent } from '@gatehouse/contracts/event_log/v1/event_log_service'
import type pg from 'pg'
import { type Upcasts, upcast } from './upcast.ts'

/** What a query needs: a pool, or a connection inside a transaction. */
export type Queryable = Pick<pg.ClientBase, 'query'>

// A batch and one event of the greatest size stay below the 4 MiB that gRPC takes by default.
const batchBytesMax = 1024 * 1024

// Of a time as text every row would take the driver longer than of all its other columns together.
const recordMs = 'floor(extract(epoch FROM record_time) * 1000)::int8 AS record_ms'
const columns = `position, stream, version, type, data, event_id, ${recordMs}, traceparent`

interface EventRow {
  readonly position: string
  readonly stream: string
  readonly version: string
  readonly type: string
  readonly data: Buffer
  readonly event_id: string
  readonly record_ms: string
  readonly traceparent: string
}

function recorded(row: EventRow): RecordedEvent {
  return {
    position: BigInt(row.position),
    stream: row.stream,
    version: BigInt(row.version),
    type: row.type,
    data: row.data,
    eventId: row.event_id,
    recordTime: new Date(Number(row.record_ms)),
    traceparent: row.traceparent,
  }
}

export async function readHead(db: Queryable, schema: string): Promise<bigint> {
  const text = `SELECT position FROM ${schema}.log_head`
  const { rows } = await db.query<{ position: string }>({ name: `${schema} head`, text })
  if (!rows[0]) throw new Error(`${schema}.log_head is empty`)
  return BigInt(rows[0].position)
}

export async function readEvents(
  db: Queryable,
  schema: string,
  upcasts: Upcasts,
  afterPosition: bigint,
  limit: number,
): Promise<readonly RecordedEvent[]> {
  const text = `
    SELECT ${columns} FROM (
      SELECT *, sum(octet_length(data)) OVER (ORDER BY position) - octet_length(data) AS bytes_before
      FROM (SELECT * FROM ${schema}.event WHERE position > $1 ORDER BY position LIMIT $2) AS next
    ) AS batch
    WHERE bytes_before < ${batchBytesMax} ORDER BY position`
  const values = [afterPosition, limit]
  const { rows } = await db.query<EventRow>({ name: `${schema} events`, text, values })
  return rows.map((row) => upcast(upcasts, recorded(row)))
}

/** The events of some streams, each stream from its last event of a replacing type on, in commit order. */
export async function readStreams(
  db: Queryable,
  schema: string,
  upcasts: Upcasts,
  streams: readonly string[],
  replacing: readonly string[],
): Promise<readonly RecordedEvent[]> {
  const text = `
    SELECT ${columns} FROM unnest($1::text[]) AS asked (name)
    JOIN ${schema}.event ON stream = name AND version >= coalesce((
      SELECT r.version FROM ${schema}.event AS r WHERE r.stream = name AND r.type = ANY($2)
      ORDER BY r.version DESC LIMIT 1), 1)
    ORDER BY position`
  const everything = `SELECT ${columns} FROM ${schema}.event WHERE stream = ANY($1) ORDER BY position`
  const query = replacing.length
    ? { name: `${schema} streams from`, text, values: [streams, replacing] }
    : { name: `${schema} streams`, text: everything, values: [streams] }
  const { rows } = await db.query<EventRow>(query)
  return rows.map((row) => upcast(upcasts, recorded(row)))
}
