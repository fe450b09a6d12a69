import type { EventSource } from '@gatehouse/contracts/events'
import type { Positions } from '@gatehouse/contracts/positions'
import { expiringNouns, type Noun, splitKey } from './keys.ts'

/**
 * What stands under a key. `version` is that of the stream it is folded from, from 1; of what several streams change it
 * is the position. Nothing is ever removed but what expires: a deletion keeps its version, so a late older write cannot
 * bring the entry back. From `expireMs` on, milliseconds of the epoch, an entry is absent. A parked entry met an event that
 * could not be applied: nobody knows what it would say now, so readers must deny.
 */
export type Stored =
  | { readonly state: 'live'; readonly version: bigint; readonly value: Uint8Array; readonly expireMs?: number }
  | { readonly state: 'deleted'; readonly version: bigint }
  | { readonly state: 'parked'; readonly version: bigint; readonly reason: string }

export type Entry = Stored & { readonly key: string }

/** The outcome of the events in (`after`, `upTo`] of one log: at most one write for a key, the last. */
export interface Batch {
  readonly source: EventSource
  readonly after: bigint
  readonly upTo: bigint
  readonly writes: readonly Entry[]
  /** When the oldest of these events was recorded: followers measure the propagation by it. */
  readonly recordTime: Date
}

/**
 * `duplicate`: the model is already past `after`; `gap`: it has not yet reached `after`. Neither changes anything.
 */
export type Outcome = 'applied' | 'duplicate' | 'gap'

/** Values in the order of the keys asked for, and the positions at which all of them were read. */
export interface Snapshot {
  readonly positions: Positions
  readonly values: readonly (Stored | undefined)[]
}

/** A SHA-256 in hex over every entry, sorted by key; the same for the same fold in every adapter. */
export interface Digest {
  readonly positions: Positions
  readonly digest: string
}

/** A fold that reaches `positions` held, so long ago, all that the logs held. */
export interface WholeMark {
  readonly positions: Positions
  /** By the clock of the store alone, at least 0: good for saying how old a state is, not for a bound that must hold. */
  readonly ageMs: number
}

/** A whole fold of the logs. Every call throws ReadModelUnavailable when the store does not answer in time. */
export interface Generation {
  /** Values and positions in one atomic read. `urgent`: a request waits for it, so it is given up soon. */
  read(keys: readonly string[], urgency?: 'urgent'): Promise<Snapshot>
  /** Position check, version check (an older write is ignored), data and position in one atomic write. */
  apply(batch: Batch): Promise<Outcome>
  positions(): Promise<Positions>
  /** Every entry of a noun, at least as new as when the scan began; not one snapshot. */
  scan(noun: Noun): AsyncIterable<Entry>
  /** Leaves out what expires by a time, in ms of the epoch; default now. Throws DigestOutrun under writes without a pause. */
  digest(aliveAtMs?: number): Promise<Digest>
}

/** A generation that is being built beside the one that serves. One that is abandoned goes away by itself. */
export interface Candidate extends Generation {
  readonly name: string
  /** Makes it the serving generation in one step, unless that one is further; a follower gets a reset. */
  promote(): Promise<'promoted' | 'behind'>
  discard(): Promise<void>
}

/** `reset`: whatever was kept from this model is void; it now stands at `positions`. */
export type Change =
  | {
      readonly type: 'applied'
      readonly source: EventSource
      readonly upTo: bigint
      readonly keys: readonly string[]
      readonly recordTime: Date
    }
  | { readonly type: 'reset'; readonly positions: Positions }

export interface Following {
  close(): Promise<void>
}

/** The read model of those who decide: a fold of the event logs that can be thrown away and rebuilt. */
export interface ReadModel extends Generation {
  /**
   * Tells every change in order, beginning with a reset. Changes that were missed (a gap, lost data, a promoted
   * generation) are told as a reset. The listener must not throw and must be quick.
   */
  follow(listener: (change: Change) => void): Following
  begin(): Promise<Candidate>
  /** Keeps the mark with the serving generation, unless that stands before it or has a younger one. */
  markWhole(mark: WholeMark): Promise<void>
  /** The mark of the serving generation; undefined when it has none, or stands before it. */
  wholeMark(): Promise<WholeMark | undefined>
  /** Only where the data lives in this process: the value without waiting. */
  readNow?(key: string): Stored | undefined
  close(): Promise<void>
}

/** The store did not answer, or answered from a state older than one that was already seen. */
export class ReadModelUnavailable extends Error {
  override readonly name = 'ReadModelUnavailable'
  readonly code = 'READ_MODEL_UNAVAILABLE'
}

/** A digest found no moment without a write while it read: nothing is wrong, only not comparable. */
export class DigestOutrun extends ReadModelUnavailable {}

/** Refuses a batch that no store may accept: RangeError naming the field. */
export function checkBatch({ after, upTo, writes }: Batch): void {
  if (after < 0n || upTo <= after) throw new RangeError(`upTo: ${upTo} does not follow ${after}`)
  for (const write of writes) {
    const { key, version } = write
    if (version < 1n) throw new RangeError(`version: ${version} of ${key}`)
    const expireMs = expiryOf(write)
    if (expireMs === undefined) continue
    if (!expiringNouns.has(splitKey(key).noun)) throw new RangeError(`expireMs: ${key} does not expire`)
    if (!Number.isSafeInteger(expireMs) || expireMs < 0 || expireMs >= latestMs)
      throw new RangeError(`expireMs: ${expireMs} of ${key}`)
  }
}

/** The end of year 5188: what nine digits of base 36 hold. */
const latestMs = 36 ** 9

/** When an entry expires, in ms of the epoch; undefined for what does not. */
export function expiryOf(stored: Stored): number | undefined {
  return stored.state === 'live' ? stored.expireMs : undefined
}
