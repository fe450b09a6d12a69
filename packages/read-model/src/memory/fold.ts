import { type EventSource, eventSources } from '@gatehouse/contracts/events'
import { type Positions, reaches } from '@gatehouse/contracts/positions'
import { type Noun, nouns, splitKey } from '../keys.ts'
import { type Batch, expiryOf, type Stored, type WholeMark } from '../read-model.ts'
import { decodeStored, encodeStoredText, expiresBy } from '../stored.ts'
import { Expiring } from './expiring.ts'

// Values as latin1 strings: a Uint8Array of its own costs some 200 bytes more for each entry.
type Tables = Readonly<Record<Noun, Map<string, string>>>

/** One generation of the model. */
export class Fold {
  readonly tables: Tables
  readonly at = new Map<EventSource, bigint>()
  readonly #expiring = new Expiring()
  #whole: { readonly positions: Positions; readonly atMs: number } | undefined

  constructor() {
    this.tables = Object.fromEntries(nouns.map((noun) => [noun, new Map()])) as Tables
  }

  positions(): Positions {
    return Object.fromEntries(eventSources.flatMap((source) => [[source, this.at.get(source) ?? 0n]]))
  }

  get(key: string): Stored | undefined {
    const { noun, id } = splitKey(key)
    const bytes = this.tables[noun].get(id)
    if (bytes === undefined) return undefined
    const stored = decodeStored(Buffer.from(bytes, 'latin1'))
    const expireMs = expiryOf(stored)
    return expireMs !== undefined && expireMs <= Date.now() ? undefined : stored
  }

  apply({ source, after, upTo, writes }: Batch): 'duplicate' | 'gap' | readonly string[] {
    const position = this.at.get(source) ?? 0n
    if (position !== after) return position > after ? 'duplicate' : 'gap'
    const places = writes.map((write) => ({ write, ...splitKey(write.key) }))
    const changed: string[] = []
    for (const { write, noun, id } of places) {
      const present = this.tables[noun].get(id)
      if (present !== undefined && Number.parseInt(present, 10) >= write.version) continue
      this.#put(noun, id, write)
      changed.push(write.key)
    }
    this.at.set(source, upTo)
    this.#expiring.sweep(Date.now(), (noun, id) => this.#forget(noun, id))
    return changed
  }

  #put(noun: Noun, id: string, write: Stored): void {
    const expireMs = expiryOf(write)
    // A slice of a key would keep the whole key.
    const own = expireMs === undefined ? id : Buffer.from(id, 'latin1').toString('latin1')
    this.tables[noun].set(own, encodeStoredText(write))
    if (expireMs !== undefined) this.#expiring.add(expireMs, noun, own)
  }

  #forget(noun: Noun, id: string): void {
    const stored = this.tables[noun].get(id)
    if (stored !== undefined && expiresBy(stored, Date.now())) this.tables[noun].delete(id)
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
