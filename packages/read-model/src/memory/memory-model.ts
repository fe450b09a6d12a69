import { randomUUID } from 'node:crypto'
import { type EventSource, eventSources } from '@gatehouse/contracts/events'
import { type Positions, reaches } from '@gatehouse/contracts/positions'
import { digestEntries } from '../digest.ts'
import { type Noun, nouns, splitKey } from '../keys.ts'
import {
  type Batch,
  type Candidate,
  type Change,
  checkBatch,
  type Generation,
  type ReadModel,
  type Stored,
  type WholeMark,
} from '../read-model.ts'
import { decodeStored, encodeStored } from '../stored.ts'

// Values as latin1 strings: a Uint8Array of its own costs some 200 bytes more for each entry.
type Tables = Readonly<Record<Noun, Map<string, string>>>

class Fold {
  readonly tables: Tables
  readonly at = new Map<EventSource, bigint>()
  #whole: { readonly positions: Positions; readonly atMs: number } | undefined

  constructor() {
    this.tables = Object.fromEntries(nouns.map((noun) => [noun, new Map()])) as Tables
  }

  positions(): Positions {
    return Object.fromEntries(eventSources.flatMap((source) => [[source, this.at.get(source) ?? 0n]]))
  }

  get(key: string): Stored | undefined {
    const { noun, id } = splitKey(key)
    const stored = this.tables[noun].get(id)
    return stored === undefined ? undefined : decodeStored(Buffer.from(stored, 'latin1'))
  }

  apply({ source, after, upTo, writes }: Batch): 'duplicate' | 'gap' | readonly string[] {
    const position = this.at.get(source) ?? 0n
    if (position !== after) return position > after ? 'duplicate' : 'gap'
    const places = writes.map((write) => ({ write, ...splitKey(write.key) }))
    const changed: string[] = []
    for (const { write, noun, id } of places) {
      const present = this.tables[noun].get(id)
      if (present !== undefined && Number.parseInt(present, 10) >= write.version) continue
      this.tables[noun].set(id, encodeStored(write).toString('latin1'))
      changed.push(write.key)
    }
    this.at.set(source, upTo)
    return changed
  }

  markWhole({ positions, ageMs }: WholeMark): void {
    const atMs = performance.now() - ageMs
    if (!reaches(this.positions(), positions) || (this.#whole && this.#whole.atMs >= atMs)) return
    this.#whole = { positions, atMs }
  }

  wholeMark(): WholeMark | undefined {
    if (!this.#whole || !reaches(this.positions(), this.#whole.positions)) return undefined
    return { positions: this.#whole.positions, ageMs: performance.now() - this.#whole.atMs }
  }
}

function generation(fold: () => Fold, onApplied: (batch: Batch, keys: readonly string[]) => void): Generation {
  return {
    async read(keys) {
      return { positions: fold().positions(), values: keys.map((key) => fold().get(key)) }
    },
    async apply(batch) {
      checkBatch(batch)
      const outcome = fold().apply(batch)
      if (typeof outcome === 'string') return outcome
      onApplied(batch, outcome)
      return 'applied'
    },
    async positions() {
      return fold().positions()
    },
    async *scan(noun) {
      for (const [id, stored] of fold().tables[noun])
        yield { key: `${noun}/${id}`, ...decodeStored(Buffer.from(stored, 'latin1')) }
    },
    async digest() {
      const entries = new Map<string, string>()
      for (const noun of nouns) for (const [id, stored] of fold().tables[noun]) entries.set(`${noun}/${id}`, stored)
      return { positions: fold().positions(), digest: digestEntries(entries) }
    },
  }
}

/** The read model in this process: empty at start, filled from position 0. */
export function createMemoryModel(): ReadModel {
  let serving = new Fold()
  const listeners = new Set<(change: Change) => void>()
  const tell = (change: Change) => {
    for (const listener of listeners) listener(change)
  }
  return {
    ...generation(
      () => serving,
      ({ source, upTo, recordTime }, keys) => tell({ type: 'applied', source, upTo, recordTime, keys }),
    ),
    readNow: (key) => serving.get(key),
    markWhole: async (mark) => serving.markWhole(mark),
    wholeMark: async () => serving.wholeMark(),
    follow(listener) {
      listeners.add(listener)
      listener({ type: 'reset', positions: serving.positions() })
      return { close: async () => void listeners.delete(listener) }
    },
    async begin(): Promise<Candidate> {
      const fold = new Fold()
      return {
        name: randomUUID(),
        ...generation(
          () => fold,
          () => {},
        ),
        async promote() {
          if (!reaches(fold.positions(), serving.positions())) return 'behind'
          serving = fold
          tell({ type: 'reset', positions: fold.positions() })
          return 'promoted'
        },
        async discard() {},
      }
    },
    async close() {
      listeners.clear()
    },
  }
}
