import { randomUUID } from 'node:crypto'
import { reaches } from '@gatehouse/contracts/positions'
import { digestEntries } from '../digest.ts'
import { nouns } from '../keys.ts'
import { type Batch, type Candidate, type Change, checkBatch, type Generation, type ReadModel } from '../read-model.ts'
import { decodeStored, expiresBy } from '../stored.ts'
import { Fold } from './fold.ts'

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
      const nowMs = Date.now()
      for (const [id, stored] of fold().tables[noun])
        if (!expiresBy(stored, nowMs)) yield { key: `${noun}/${id}`, ...decodeStored(Buffer.from(stored, 'latin1')) }
    },
    async digest(aliveAtMs = Date.now()) {
      const entries = new Map<string, string>()
      for (const noun of nouns) for (const [id, stored] of fold().tables[noun]) entries.set(`${noun}/${id}`, stored)
      return { positions: fold().positions(), digest: digestEntries(entries, aliveAtMs) }
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
