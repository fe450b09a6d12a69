import type { RecordedEvent } from '@gatehouse/contracts/event_log/v1/event_log_service'
import { type EventSource, eventSources } from '@gatehouse/contracts/events'
import { reaches } from '@gatehouse/contracts/positions'
import { type Digest, openRedisModel } from '@gatehouse/read-model'
import { waitFor } from '@gatehouse/testkit'
import pg from 'pg'
import { oracleDigest } from '../../packages/read-model/src/projections/oracle.ts'
import { manage, send } from '../e2e/client.ts'
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
  /** The access token that was shown; of a token endpoint, the one that it gave. */
  readonly tokenId: string
}

export interface Log {
  /** In the order of their positions. */
  readonly events: readonly RecordedEvent[]
  /** The same log as Kafka has it, in the order of its offsets. */
  readonly published: readonly RecordedEvent[]
}

/** What the stores hold, read without the services but for the export of the ledger. */
export interface Evidence {
  readonly logs: Readonly<Record<EventSource, Log>>
  readonly decisions: readonly Decision[]
  /** What Redis holds, and what it must hold: a slow fold of the logs by other means. */
  readonly model: Digest
  readonly fold: Digest
  readonly ledger: ExportedLedger
}

/** The ledger as a compliance team gets it. */
export interface ExportedLedger {
  readonly verifierKey: string
  readonly lines: readonly Uint8Array[]
}

/** Waits until what was done has got everywhere, at most so long, then reads what there is. */
export async function collect(installation: Installation, history: History, timeoutMs = 60_000): Promise<Evidence> {
  const client = new pg.Client({ connectionString: installation.postgres.url })
  await client.connect()
  try {
    // What never gets there is for the checks to say.
    await waitFor(() => isQuiet(installation, client, history), { timeoutMs, intervalMs: 200 }).catch(() => undefined)
    const logs = await readLogs(installation, client)
    const ledger = await exportLedger(installation)
    return { logs, ledger, decisions: await decisions(client), ...(await folds(installation.redis.url, logs)) }
  } finally {
    await client.end()
  }
}

async function exportLedger(installation: Installation): Promise<ExportedLedger> {
  const { verifier_key: verifierKey } = await manage<{ verifier_key: string }>(
    ...([installation, 'GET', '/v1/ledger/checkpoint'] as const),
  )
  const response = await send(installation, 'GET', '/v1/ledger/export')
  const lines = Buffer.from(await response.arrayBuffer())
    .toString('latin1')
    .split('\n')
  return { verifierKey, lines: lines.slice(0, -1).map((line) => Buffer.from(line, 'latin1')) }
}

async function readLogs({ kafka }: Installation, client: pg.Client): Promise<Record<EventSource, Log>> {
  const topics = await Promise.all(eventSources.map((source) => readTopic(kafka.brokers, `gatehouse.${source}.v1`)))
  const logs: [EventSource, Log][] = []
  // One after the other: it is one connection.
  for (const [index, source] of eventSources.entries()) {
    const published = topics[index]?.map(publishedEvent) ?? []
    logs.push([source, { events: await readLog(client, source), published }])
  }
  return Object.fromEntries(logs) as Record<EventSource, Log>
}

async function folds(redisUrl: string, logs: Readonly<Record<EventSource, Log>>) {
  const model = openRedisModel({ address: { url: redisUrl }, readTimeoutMs: 5_000, writeTimeoutMs: 5_000 })
  try {
    const positions = Object.fromEntries(eventSources.map((source) => [source, BigInt(logs[source].events.length)]))
    // What never gets there is for the checks to say.
    await waitFor(async () => reaches(await model.positions(), positions), { timeoutMs: 30_000 }).catch(() => undefined)
    const now = Date.now()
    const events = Object.values(logs).flatMap((log) => log.events)
    return { model: await model.digest(now), fold: { positions, digest: oracleDigest(events, now) } }
  } finally {
    await model.close()
  }
}

async function isQuiet({ members }: Installation, client: pg.Client, history: History): Promise<boolean> {
  const waiting = await Promise.all(
    [members.gateway, members['gateway-2']].map((each) => each.metric('gatehouse_audit_spool_records')),
  )
  if (waiting.some((records) => records > 0)) return false
  for (const source of eventSources) if ((await unpublished(client, source)) > 0) return false
  const seen = history.calls.flatMap(({ requestId }) => (requestId ? [requestId] : []))
  const { rows } = await client.query<{ found: number }>(
    'SELECT count(DISTINCT request_id)::int AS found FROM audit.decision WHERE request_id = ANY($1)',
    [seen],
  )
  return rows[0]?.found === new Set(seen).size
}

/** So many events Kafka has not got. */
export async function unpublished(client: pg.Client, source: EventSource): Promise<number> {
  const { rows } = await client.query<{ behind: string }>(
    `SELECT position - published_position AS behind FROM ${source}.log_head, ${source}.outbox_relay`,
  )
  return Number(rows[0]?.behind)
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
      coalesce(credential_id, '') AS "credentialId",
      coalesce(convert_from(json, 'UTF8')::json #>> '{gatehouse,token_id}', '') AS "tokenId"
    FROM audit.decision ORDER BY node, epoch, sequence`)
  return rows
}
