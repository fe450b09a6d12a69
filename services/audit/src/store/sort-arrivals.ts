import type { StoredRecord } from '@gatehouse/contracts/audit/v1/decision_record'
import type pg from 'pg'
import { type Coverage, cover, covers, nothingCovered } from '../domain/coverage.ts'
import type { KeyedRecord } from './copy-decisions.ts'
import { type CoverageChange, type NodeEpoch, readCoverages } from './coverage-table.ts'

export interface Sorted {
  /** To be stored, in the order in which they came. */
  readonly fresh: readonly KeyedRecord[]
  /** How many of each delivery are fresh. */
  readonly freshCounts: readonly number[]
  /** Their identity is stored already: the same again, or a contradiction. */
  readonly known: readonly KeyedRecord[]
  /** Contradict one that comes with them. */
  readonly contrary: readonly KeyedRecord[]
  /** Once the fresh ones are stored. */
  readonly coverages: readonly CoverageChange[]
}

/**
 * Tells what is new in deliveries from what is known, by the coverage of each epoch, which has every sequence that is
 * stored: no record is looked up unless it comes again. The caller holds the lock of the head.
 */
export async function sortArrivals(
  client: pg.PoolClient,
  deliveries: readonly (readonly KeyedRecord[])[],
): Promise<Sorted> {
  const arrivals = new Arrivals(deliveries)
  const coverages = await readCoverages(client, arrivals.epochs)
  arrivals.epochs.forEach((epoch, i) => {
    epoch.before = coverages[i] ?? nothingCovered
  })
  const lists: Lists = { fresh: [], known: [], contrary: [] }
  const freshCounts = deliveries.map((entries) => {
    const before = lists.fresh.length
    for (const entry of entries) arrivals.sort(entry, lists)
    return lists.fresh.length - before
  })
  return { ...lists, freshCounts, coverages: arrivals.changes() }
}

interface Lists {
  readonly fresh: KeyedRecord[]
  readonly known: KeyedRecord[]
  readonly contrary: KeyedRecord[]
}

interface Epoch extends NodeEpoch {
  before: Coverage
  readonly fresh: Map<bigint, StoredRecord>
}

/** What came, by epochs. */
class Arrivals {
  readonly epochs: Epoch[] = []
  readonly #byName = new Map<string, Epoch>()
  #latest: Epoch | undefined

  constructor(deliveries: readonly (readonly KeyedRecord[])[]) {
    for (const entries of deliveries) for (const { record } of entries) this.#epochOf(record)
  }

  /** Puts a record into the list where it belongs. */
  sort(entry: KeyedRecord, lists: Lists): void {
    const { record } = entry
    const epoch = this.#epochOf(record)
    const earlier = epoch.fresh.get(record.sequence)
    if (earlier) {
      if (Buffer.compare(earlier.json, record.json) !== 0) lists.contrary.push(entry)
    } else if (covers(epoch.before, record.sequence)) {
      lists.known.push(entry)
    } else {
      epoch.fresh.set(record.sequence, record)
      lists.fresh.push(entry)
    }
  }

  changes(): CoverageChange[] {
    return this.epochs
      .filter(({ fresh }) => fresh.size > 0)
      .map(({ node, epoch, before, fresh }) => ({ node, epoch, before, after: cover(before, [...fresh.keys()]) }))
  }

  #epochOf({ node, epoch }: StoredRecord): Epoch {
    // Records of one epoch come together.
    const latest = this.#latest
    if (latest && latest.node === node && latest.epoch === epoch) return latest
    const name = `${node} ${epoch}`
    let found = this.#byName.get(name)
    if (!found) {
      found = { node, epoch, before: nothingCovered, fresh: new Map() }
      this.#byName.set(name, found)
      this.epochs.push(found)
    }
    this.#latest = found
    return found
  }
}
