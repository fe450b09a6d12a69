import type { StoredRecord } from '@gatehouse/contracts/audit/v1/decision_record'
import { createGroupCommit, isRefusal, withClient } from '@gatehouse/event-store'
import type pg from 'pg'
import type { DeadLetter } from '../domain/dead-letter.ts'
import { readRecord } from '../domain/read-record.ts'
import { type Appended, type Arrival, appendArrivals, type NextOffset } from './append-arrivals.ts'
import type { KeyedRecord } from './copy-decisions.ts'

export interface Delivery {
  readonly records: readonly StoredRecord[]
  /** What not even its carrier could read. */
  readonly rejected?: readonly DeadLetter[]
  /** For dead letters: where the records came from. */
  readonly source: string
  readonly nextOffset?: NextOffset
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

interface Waiting extends Arrival {
  readonly resolve: (appended: Appended) => void
  readonly reject: (error: unknown) => void
}

/** Of one transaction: well below a second, so that a slow Postgres still ends it before senders give up (10 s). */
const RECORDS_MAX = 4000
/** Far more than the senders have on their way at once. */
const WAITING_MAX = 10_000

/** Deliveries are read as they come; one transaction at a time takes all that were read while the one before it ran. */
export function openLedger({ pool, now = Date.now, onAppended }: LedgerOptions): Ledger {
  const commits = createGroupCommit<Waiting>({
    run: storeAll,
    batchMax: RECORDS_MAX,
    sizeOf: ({ keyed, letters }) => keyed.length + letters.length,
    waitingMax: WAITING_MAX,
  })

  async function storeAll(batch: readonly Waiting[]): Promise<void> {
    try {
      const appended = await withClient(pool, (client) => appendArrivals(client, batch, now()))
      for (const [i, waiting] of batch.entries()) settle(waiting, appended[i])
    } catch (error) {
      // What Postgres refuses in one delivery shall not keep the others waiting.
      if (batch.length > 1 && isRefusal(error)) for (const waiting of batch) await storeAll([waiting])
      else for (const { reject } of batch) reject(error)
    }
  }

  function settle({ keyed, resolve }: Waiting, appended: Appended | undefined): void {
    if (!appended) throw new RangeError('a delivery without an answer')
    onAppended?.(appended, keyed)
    resolve(appended)
  }

  return {
    append: (delivery) =>
      new Promise((resolve, reject) => commits.submit({ ...readDelivery(delivery), resolve, reject })),
    async nextOffset(topic, partition) {
      const { rows } = await pool.query<{ next_offset: string }>(
        'SELECT next_offset FROM audit.kafka_offset WHERE topic = $1 AND partition = $2',
        [topic, partition],
      )
      return rows[0] && BigInt(rows[0].next_offset)
    },
  }
}

/** Tells decisions from dead letters. */
function readDelivery({ records, rejected = [], source, nextOffset }: Delivery): Arrival {
  const keyed: KeyedRecord[] = []
  const letters = [...rejected]
  for (const record of records) {
    const read = readRecord(record)
    if (read.kind === 'decision') keyed.push({ record, keys: read.keys })
    else letters.push({ source, identity: record, problem: read.problem, raw: record.json })
  }
  return { keyed, letters, source, nextOffset }
}
