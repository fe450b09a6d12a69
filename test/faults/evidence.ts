import type { RecordedEvent } from '@gatehouse/contracts/event_log/v1/event_log_service'
import type { EventSource } from '@gatehouse/contracts/events'
import { waitFor } from '@gatehouse/testkit'
import pg from 'pg'
import type { History } from './history.ts'
import type { Installation } from './installation.ts'
import { readTopic, type TopicRecord } from './read-topic.ts'

/** A line of the ledger. */
export interface Decision {
  readonly node: string
  readonly epoch: number
  readonly sequence: number
  readonly requestId: string
  readonly allowed: boolean
  readonly reason: string
  readonly credentialId: string
}

/** What the stores hold, read without the services. */
export interface Evidence {
  /** The credential log, in the order of its positions. */
  readonly events: readonly RecordedEvent[]
  /** The same log as Kafka has it, in the order of its offsets. */
  readonly published: readonly RecordedEvent[]
  readonly decisions: readonly Decision[]
}

/** Waits until what was done has got everywhere, at most so long, then reads what there is. */
export async function collect(installation: Installation, history: History, timeoutMs = 60_000): Promise<Evidence> {
  const client = new pg.Client({ connectionString: installation.postgres.url })
  await client.connect()
  try {
    // What never gets there is for the checks to say.
    await waitFor(() => isQuiet(installation, client, history), { timeoutMs, intervalMs: 200 }).catch(() => undefined)
    const records = await readTopic(installation.kafka.brokers, 'gatehouse.credential.v1')
    return {
      events: await readLog(client, 'credential'),
      published: records.map(publishedEvent),
      decisions: await decisions(client),
    }
  } finally {
    await client.end()
  }
}

async function isQuiet({ members }: Installation, client: pg.Client, history: History): Promise<boolean> {
  const waiting = await Promise.all(
    [members.gateway, members['gateway-2']].map((each) => each.metric('gatehouse_audit_spool_records')),
  )
  if (waiting.some((records) => records > 0)) return false
  const { rows: outbox } = await client.query<{ behind: string }>(
    'SELECT position - published_position AS behind FROM credential.log_head, credential.outbox_relay',
  )
  if (outbox[0]?.behind !== '0') return false
  const seen = history.calls.flatMap(({ requestId }) => (requestId ? [requestId] : []))
  const { rows } = await client.query<{ found: number }>(
    'SELECT count(DISTINCT request_id)::int AS found FROM audit.decision WHERE request_id = ANY($1)',
    [seen],
  )
  return rows[0]?.found === new Set(seen).size
}

/** As any consumer of CloudEvents reads it. */
function publishedEvent({ headers, value }: TopicRecord): RecordedEvent {
  const header = (name: string) => headers[name]?.toString() ?? ''
  return {
    position: BigInt(header('ce_sequence')),
    stream: header('ce_subject'),
    version: BigInt(header('ce_streamversion')),
    type: header('ce_type'),
    data: value ?? Buffer.alloc(0),
    eventId: header('ce_id'),
    recordTime: new Date(header('ce_time')),
    traceparent: header('traceparent'),
  }
}

interface EventRow extends Omit<RecordedEvent, 'position' | 'version' | 'eventId' | 'recordTime'> {
  readonly position: string
  readonly version: string
  readonly event_id: string
  readonly record_time: Date
}

/** A log as its service stored it. */
export async function readLog(client: pg.Client, schema: EventSource): Promise<RecordedEvent[]> {
  const { rows } = await client.query<EventRow>(`SELECT * FROM ${schema}.event ORDER BY position`)
  return rows.map(({ event_id: eventId, record_time: recordTime, position, version, ...row }) => {
    return { ...row, eventId, recordTime, position: BigInt(position), version: BigInt(version) }
  })
}

async function decisions(client: pg.Client): Promise<Decision[]> {
  const { rows } = await client.query<Decision>(`
    SELECT node, epoch::int, sequence::int, coalesce(request_id, '') AS "requestId", allowed, reason,
      coalesce(credential_id, '') AS "credentialId"
    FROM audit.decision ORDER BY node, epoch, sequence`)
  return rows
}
