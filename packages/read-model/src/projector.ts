import type { RecordedEvent } from '@gatehouse/contracts/event_log/v1/event_log_service'
import { keyOfStream } from './keys.ts'
import { foldEvents, type Parked, type Projection } from './projections/projection.ts'
import type { Generation, Stored } from './read-model.ts'

export interface ProjectorOptions {
  readonly model: Generation
  readonly projection: Projection
  /** Called after events were applied by this projector, not by another one of the same model. */
  readonly onApplied?: (events: readonly RecordedEvent[]) => void
  /** The alarm: an event could not be applied and what it belongs to is denied from now on. */
  readonly onParked?: (parked: Parked) => void
}

export interface Projector {
  /** Position of the last event in the model: the next to deliver is the one after it. */
  after(): Promise<bigint>
  /**
   * Applies events in dense order; those that the model has are passed over, so several projectors may feed it.
   * Rejects, having changed nothing, with PositionGap or ReadModelUnavailable: deliver again from `after()`.
   */
  onEvents(events: readonly RecordedEvent[]): Promise<void>
}

/** The events do not follow what the model has. */
export class PositionGap extends Error {
  override readonly name = 'PositionGap'
  readonly code = 'POSITION_GAP'
}

/** Folds the events of one log into a model. */
export function createProjector({ model, projection, onApplied, onParked }: ProjectorOptions): Projector {
  const { source } = projection

  async function attempt(delivered: readonly RecordedEvent[]): Promise<boolean> {
    const keys = delivered.map(({ type, stream }) => (projection.passesOver?.(type) ? undefined : keyOfStream(stream)))
    const asked = [...new Set(keys.filter((key) => key !== undefined))]
    const { positions, values } = await model.read(asked)
    const after = positions[source] ?? 0n
    const isNew = ({ position }: RecordedEvent) => position > after
    const start = delivered.findIndex(isNew)
    const events = start < 0 ? [] : delivered.slice(start)
    const [first] = events
    const last = events.at(-1)
    if (!first || !last) return true
    assertDense(source, after, events)
    const { writes, parked } = foldEvents(projection, events, keys.slice(start), byKey(asked, values))
    const recordTime = first.recordTime ?? new Date()
    const outcome = await model.apply({ source, after, upTo: last.position, writes, recordTime })
    if (outcome !== 'applied') return false
    for (const each of parked) onParked?.(each)
    onApplied?.(events)
    return true
  }

  return {
    async after() {
      return (await model.positions())[source] ?? 0n
    },
    async onEvents(events) {
      // Another projector was faster, or data was lost, between the read and the write: look again.
      for (let attempts = 0; attempts < 10; attempts += 1) if (await attempt(events)) return
      throw new PositionGap(`${source}: the model keeps moving`)
    },
  }
}

function byKey(keys: readonly string[], values: readonly (Stored | undefined)[]): Map<string, Stored> {
  const current = new Map<string, Stored>()
  for (const [index, key] of keys.entries()) {
    const value = values[index]
    if (value) current.set(key, value)
  }
  return current
}

function assertDense(source: string, after: bigint, events: readonly RecordedEvent[]): void {
  let expected = after
  for (const { position } of events) {
    expected += 1n
    if (position !== expected) throw new PositionGap(`${source}: position ${position} where ${expected} is expected`)
  }
}
