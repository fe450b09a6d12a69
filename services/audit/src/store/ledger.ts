import type { StoredRecord } from '@gatehouse/contracts/audit/v1/decision_record'
import { withClient } from '@gatehouse/event-store'
import type pg from 'pg'
import type { DeadLetter } from '../domain/dead-letter.ts'
import { readRecord } from '../domain/read-record.ts'
import { coverRecords } from './coverage-table.ts'
import { keepDeadLetters } from './dead-letters.ts'
import { insertDecisions, type KeyedRecord } from './insert-decisions.ts'

/** Where in Kafka to go on, stored in the transaction of the records before it. */
export interface NextOffset {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
}

export interface Delivery {
  readonly records: readonly StoredRecord[]
  /** What not even its carrier could read. */
  readonly rejected?: readonly DeadLetter[]
  /** For dead letters: where the records came from. */
  readonly source: string
  readonly nextOffset?: NextOffset
}

export interface Appended {
  readonly stored: number
  readonly duplicates: number
  readonly rejected: number
}

export interface Ledger {
  /** Resolves once all of it is committed. What was stored before changes nothing; what is malformed is put aside. */
  append(delivery: Delivery): Promise<Appended>
  nextOffset(topic: string, partition: number): Promise<bigint | undefined>
}

export interface LedgerOptions {
  readonly pool: pg.Pool
  readonly now?: () => number
  /** After each commit; the decisions among what came, stored now or before. */
  readonly onAppended?: (appended: Appended, decisions: readonly KeyedRecord[]) => void
}

export function openLedger({ pool, now = Date.now, onAppended }: LedgerOptions): Ledger {
  return {
    async append(delivery) {
      const { keyed, letters } = sort(delivery)
      const appended = await withClient(pool, (client) => appendAll(client, keyed, letters, delivery, now()))
      onAppended?.(appended, keyed)
      return appended
    },
    async nextOffset(topic, partition) {
      const { rows } = await pool.query<{ next_offset: string }>(
        'SELECT next_offset FROM audit.kafka_offset WHERE topic = $1 AND partition = $2',
        [topic, partition],
      )
      return rows[0] && BigInt(rows[0].next_offset)
    },
  }
}

/** Tells decisions from dead letters; of the same record twice in one delivery the second one is dropped. */
function sort({ records, rejected = [], source }: Delivery): { keyed: KeyedRecord[]; letters: DeadLetter[] } {
  const keyed = new Map<string, KeyedRecord>()
  const letters = [...rejected]
  for (const record of records) {
    const read = readRecord(record)
    const { node, epoch, sequence, json } = record
    const identity = { node, epoch, sequence }
    const id = `${node}.${epoch}.${sequence}`
    const earlier = keyed.get(id)
    if (read.kind === 'malformed') letters.push({ source, identity, problem: read.problem, raw: json })
    else if (!earlier) keyed.set(id, { record, keys: read.keys })
    else if (Buffer.compare(earlier.record.json, json) !== 0) letters.push(conflict(record, source))
  }
  return { keyed: [...keyed.values()], letters }
}

function conflict({ node, epoch, sequence, json }: StoredRecord, source: string): DeadLetter {
  return { source, identity: { node, epoch, sequence }, problem: 'another record has its identity', raw: json }
}

async function appendAll(
  client: pg.PoolClient,
  keyed: readonly KeyedRecord[],
  letters: readonly DeadLetter[],
  { source, nextOffset, records }: Delivery,
  timeMs: number,
): Promise<Appended> {
  await client.query('BEGIN')
  // Alone and first: the statements after it see what the one before committed.
  const head = await client.query<{ position: string; note_sequence: string }>(
    'SELECT position, note_sequence FROM audit.ledger_head FOR UPDATE',
  )
  const position = BigInt(head.rows[0]?.position ?? 0)
  const noteSequence = BigInt(head.rows[0]?.note_sequence ?? 0)
  const { count, conflicts } = await insertDecisions(client, position, keyed)
  const conflicting = conflicts.map(({ record }) => conflict(record, source))
  const notes = await keepDeadLetters(client, [...letters, ...conflicting], noteSequence, timeMs)
  await insertDecisions(client, position + BigInt(count), notes)
  await coverRecords(
    client,
    [...keyed, ...notes].map(({ record }) => record),
  )
  await client.query('UPDATE audit.ledger_head SET position = position + $1, note_sequence = note_sequence + $2', [
    count + notes.length,
    notes.length,
  ])
  if (nextOffset) await storeOffset(client, nextOffset)
  await client.query('COMMIT')
  const putAside = letters.filter(({ identity }) => identity).length + conflicts.length
  return {
    stored: count,
    duplicates: records.length - putAside - count,
    rejected: letters.length + conflicts.length,
  }
}

async function storeOffset(client: pg.PoolClient, { topic, partition, offset }: NextOffset): Promise<void> {
  await client.query(
    `INSERT INTO audit.kafka_offset VALUES ($1, $2, $3)
     ON CONFLICT (topic, partition) DO UPDATE SET next_offset = excluded.next_offset`,
    [topic, partition, String(offset)],
  )
}
