import type { RecordedEvent } from '@gatehouse/contracts/event_log/v1/event_log_service'
import type { EventSource } from '@gatehouse/contracts/events'
import { type Noun, splitKey } from '../keys.ts'
import type { Entry, Stored } from '../read-model.ts'

/** How the events of one log become entries. Pure. */
export interface Projection {
  readonly source: EventSource
  /** Whether events of the type change no view: they are passed over. */
  passesOver?(type: string): boolean
  /** Views that events of their stream pass over, or that are forgotten: versions of their events only have to rise. */
  readonly sparse?: ReadonlySet<Noun>
  /**
   * The entries that the event changes. `key` is that of its stream, `view` the live value there.
   * Throws Unappliable for an event that makes no sense; any throw parks the entry.
   */
  fold(event: RecordedEvent, key: string, view: Uint8Array | undefined): readonly Entry[]
  /** Keys beyond its own that nobody knows any more once the stream of this view is parked; their version is the position. */
  alsoParks?(key: string, view: Uint8Array | undefined): readonly string[]
}

/** The event cannot be applied: what it belongs to is denied until a corrected fold is rebuilt. */
export class Unappliable extends Error {
  override readonly name = 'Unappliable'
}

/** The view that an event changes. */
export function existing<View>(view: View | undefined): View {
  if (view === undefined) throw new Unappliable('there is nothing yet that the event could change')
  return view
}

/** An event that begins a stream finds nothing. */
export function isNew(view: unknown): void {
  if (view !== undefined) throw new Unappliable('the stream began before')
}

/** An event that could not be applied, for the alarm. */
export interface Parked {
  readonly key: string
  readonly position: bigint
  readonly type: string
  readonly reason: string
}

export interface Folded {
  readonly writes: readonly Entry[]
  readonly parked: readonly Parked[]
}

/** Folds events, in order, over what stands under `keys`, those of their streams; undefined: it is passed over. */
export function foldEvents(
  projection: Projection,
  events: readonly RecordedEvent[],
  keys: readonly (string | undefined)[],
  current: ReadonlyMap<string, Stored>,
): Folded {
  const writes = new Map<string, Entry>()
  const parked: Parked[] = []
  for (const [index, event] of events.entries()) {
    const key = keys[index]
    if (key === undefined) continue
    const present = writes.get(key) ?? current.get(key)
    try {
      for (const entry of step(projection, event, key, present)) keepLatest(writes, entry)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      parked.push({ key, position: event.position, type: event.type, reason })
      writes.set(key, { key, state: 'parked', version: later(present, event), reason })
      const view = present?.state === 'live' ? present.value : undefined
      for (const also of projection.alsoParks?.(key, view) ?? [])
        keepLatest(writes, { key: also, state: 'parked', version: event.position, reason })
    }
  }
  return { writes: [...writes.values()], parked }
}

function step(projection: Projection, event: RecordedEvent, key: string, present: Stored | undefined) {
  if (present?.state === 'parked') return [{ ...present, key, version: later(present, event) }]
  if (key.startsWith('parked/')) throw new Unappliable(`no view belongs to the stream ${event.stream}`)
  if (!follows(projection, event, key, present))
    throw new Unappliable(`version ${event.version} cannot follow version ${present?.version ?? 0n}`)
  return projection.fold(event, key, present?.state === 'live' ? present.value : undefined)
}

function follows({ sparse }: Projection, { version }: RecordedEvent, key: string, present: Stored | undefined) {
  const before = present?.version ?? 0n
  return sparse?.has(splitKey(key).noun) ? version > before : version === before + 1n
}

// Beyond what is there even when the event's own version is wrong: a store ignores a write that is not newer.
function later(present: Stored | undefined, { version }: RecordedEvent): bigint {
  const least = (present?.version ?? 0n) + 1n
  return version > least ? version : least
}

// The stores' own rule, so that it does not matter where a batch is cut.
function keepLatest(writes: Map<string, Entry>, entry: Entry): void {
  const earlier = writes.get(entry.key)
  if (earlier === undefined || earlier.version < entry.version || entry.state === 'parked') writes.set(entry.key, entry)
}
