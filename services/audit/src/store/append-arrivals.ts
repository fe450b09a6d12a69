import type pg from 'pg'
import type { DeadLetter } from '../domain/dead-letter.ts'
import { copyDecisions, type KeyedRecord } from './copy-decisions.ts'
import { writeCoverages } from './coverage-table.ts'
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
  // Alone and first: the statements after it see what the one before committed.
  const head = await client.query<{ position: string; note_sequence: string }>(
    'SELECT position, note_sequence FROM audit.ledger_head FOR UPDATE',
  )
  const position = BigInt(head.rows[0]?.position ?? 0)
  const noteSequence = BigInt(head.rows[0]?.note_sequence ?? 0)
  const sorted = await sortArrivals(
    client,
    arrivals.map(({ keyed }) => keyed),
  )
  await copyDecisions(client, position, sorted.fresh)
  const conflicts = await conflictsOf(client, arrivals, sorted)
  const letters = [...arrivals.flatMap((arrival) => arrival.letters), ...conflicts.flat()]
  const notes = await keepDeadLetters(client, letters, noteSequence, timeMs)
  const noted = await sortArrivals(client, [notes])
  await copyDecisions(client, position + BigInt(sorted.fresh.length), noted.fresh)
  await writeCoverages(client, [...sorted.coverages, ...noted.coverages])
  await client.query('UPDATE audit.ledger_head SET position = position + $1, note_sequence = note_sequence + $2', [
    sorted.fresh.length + notes.length,
    notes.length,
  ])
  for (const { nextOffset } of arrivals) if (nextOffset) await storeOffset(client, nextOffset)
  await client.query('COMMIT')
  return arrivals.map((arrival, i) => {
    const stored = sorted.freshCounts[i] ?? 0
    const contrary = conflicts[i]?.length ?? 0
    const duplicates = arrival.keyed.length - stored - contrary
    return { stored, duplicates, rejected: arrival.letters.length + contrary }
  })
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
