import type pg from 'pg'
import type { DeadLetter } from '../domain/dead-letter.ts'
import { copyDecisions, type KeyedRecord } from './copy-decisions.ts'
import { writeCoverages } from './coverage-table.ts'
import { type Day, dayOf, openDay } from './days.ts'
import { keepDeadLetters } from './dead-letters.ts'
import { type Sorted, sortArrivals } from './sort-arrivals.ts'
import { storedOtherwise } from './stored-otherwise.ts'

/** Where in Kafka to go on, stored in the transaction of the records before it. */
export interface NextOffset {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
}

/** A delivery, read. */
export interface Arrival {
  readonly keyed: readonly KeyedRecord[]
  readonly letters: readonly DeadLetter[]
  readonly source: string
  readonly nextOffset: NextOffset | undefined
}

export interface Appended {
  readonly stored: number
  readonly duplicates: number
  readonly rejected: number
}

/** Stores deliveries in one transaction; answers what became of each. */
export async function appendArrivals(
  client: pg.PoolClient,
  arrivals: readonly Arrival[],
  timeMs: number,
): Promise<Appended[]> {
  await client.query('BEGIN')
  const head = await lockHead(client, timeMs)
  const sorted = await sortArrivals(
    client,
    arrivals.map(({ keyed }) => keyed),
  )
  await copyDecisions(client, head.day, head.position, sorted.fresh)
  const conflicts = await conflictsOf(client, arrivals, sorted)
  const letters = [...arrivals.flatMap((arrival) => arrival.letters), ...conflicts.flat()]
  const notes = await keepDeadLetters(client, letters, head.noteSequence, timeMs)
  const noted = await sortArrivals(client, [notes])
  await copyDecisions(client, head.day, head.position + BigInt(sorted.fresh.length), noted.fresh)
  await writeCoverages(client, [...sorted.coverages, ...noted.coverages])
  await moveHead(client, head, [...sorted.fresh, ...noted.fresh], notes.length)
  for (const { nextOffset } of arrivals) if (nextOffset) await storeOffset(client, nextOffset)
  await client.query('COMMIT')
  return arrivals.map((arrival, i) => {
    const stored = sorted.freshCounts[i] ?? 0
    const contrary = conflicts[i]?.length ?? 0
    const duplicates = arrival.keyed.length - stored - contrary
    return { stored, duplicates, rejected: arrival.letters.length + contrary }
  })
}

interface Head {
  readonly position: bigint
  readonly noteSequence: bigint
  readonly day: Day
}

/** The day of the head is today's, or a later one where the clock went back. */
async function lockHead(client: pg.PoolClient, timeMs: number): Promise<Head> {
  // Alone and first: the statements after it see what the one before committed.
  const { rows } = await client.query<{ position: string; note_sequence: string; day: Day }>(
    'SELECT position, note_sequence, day::text FROM audit.ledger_head FOR UPDATE',
  )
  const [row] = rows
  if (!row) throw new Error('audit.ledger_head is empty')
  const [position, noteSequence] = [BigInt(row.position), BigInt(row.note_sequence)]
  const today = dayOf(timeMs)
  if (today <= row.day) return { position, noteSequence, day: row.day }
  await openDay(client, today, position + 1n)
  return { position, noteSequence, day: today }
}

async function moveHead(
  client: pg.PoolClient,
  { day }: Head,
  stored: readonly KeyedRecord[],
  noteCount: number,
): Promise<void> {
  let [minMs, maxMs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const { keys } of stored) {
    minMs = Math.min(minMs, keys.timeMs)
    maxMs = Math.max(maxMs, keys.timeMs)
  }
  const times = stored.length > 0 ? [new Date(minMs), new Date(maxMs)] : [null, null]
  await client.query(
    `WITH filled AS (
       UPDATE audit.day SET min_time = least(min_time, $4), max_time = greatest(max_time, $5) WHERE day = $3
     )
     UPDATE audit.ledger_head SET position = position + $1, note_sequence = note_sequence + $2, day = $3`,
    [stored.length, noteCount, day, ...times],
  )
}

/** Of each delivery what contradicts what is stored, or what came before it. */
async function conflictsOf(
  client: pg.PoolClient,
  arrivals: readonly Arrival[],
  { known, contrary }: Sorted,
): Promise<DeadLetter[][]> {
  const different = await storedOtherwise(client, known)
  const all = new Set([...contrary, ...different])
  return arrivals.map(({ keyed, source }) =>
    all.size === 0 ? [] : keyed.filter((entry) => all.has(entry)).map((entry) => conflict(entry, source)),
  )
}

function conflict({ record }: KeyedRecord, source: string): DeadLetter {
  return { source, identity: record, problem: 'another record has its identity', raw: record.json }
}

async function storeOffset(client: pg.PoolClient, { topic, partition, offset }: NextOffset): Promise<void> {
  await client.query(
    `INSERT INTO audit.kafka_offset VALUES ($1, $2, $3)
     ON CONFLICT (topic, partition) DO UPDATE SET next_offset = excluded.next_offset`,
    [topic, partition, String(offset)],
  )
}
