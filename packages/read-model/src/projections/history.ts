import type { RecordedEvent } from '@gatehouse/contracts/event_log/v1/event_log_service'
import fc from 'fast-check'

/** One choice of the generator: which aggregate moves, which of its possible events, and with what inside. */
export interface Choice {
  readonly noun: number
  readonly id: number
  readonly event: number
  readonly time: number
  readonly words: readonly string[]
}

export const choice: fc.Arbitrary<Choice> = fc.record({
  noun: fc.nat(59),
  id: fc.nat(4),
  event: fc.nat(20),
  time: fc.integer({ min: 1, max: 4_000_000_000_000 }),
  words: fc.array(fc.string({ unit: 'binary', maxLength: 6 }), { maxLength: 3 }),
})

/** The events chosen so far, by stream. */
export type Streams<Event> = ReadonlyMap<string, readonly Event[]>
export type Chosen<Event> = readonly [stream: string, event: Event]

/** The chosen events as a log has them: dense positions and versions. */
export function record<Event extends { readonly type: string }>(
  choices: readonly Choice[],
  choose: (choice: Choice, streams: Streams<Event>) => Chosen<Event>,
  encode: (event: Event) => Uint8Array,
): RecordedEvent[] {
  const streams = new Map<string, Event[]>()
  return choices.map((each, index) => {
    const [stream, event] = choose(each, streams)
    const before = streams.get(stream) ?? []
    streams.set(stream, [...before, event])
    const place = { position: BigInt(index + 1), version: BigInt(before.length + 1), stream }
    const eventId = `${stream}-${before.length + 1}`
    return {
      ...place,
      type: event.type,
      data: encode(event),
      eventId,
      recordTime: new Date(each.time),
      traceparent: '',
    }
  })
}
