import { randomUUID } from 'node:crypto'
import type { RecordedEvent } from '@gatehouse/contracts/event_log/v1/event_log_service'
import { decodeEvent, type EventOf, type EventTypes, encodeEvent } from '@gatehouse/contracts/events'
import { failedPrecondition } from '@gatehouse/errors'
import type { StreamHistory } from './command.ts'
import { type Queryable, readHead, readStreams } from './log-reader.ts'
import type { Upcasts } from './upcast.ts'

export interface LogShape<Types extends EventTypes> {
  readonly schema: string
  readonly events: Types
  readonly upcasts: Upcasts
  readonly replacing: readonly string[]
  readonly maxEventBytes: number
}

/** A stream that a transaction appended to. */
export interface StreamChange<Event> extends StreamHistory<Event> {
  readonly stream: string
  /** The new events, as recorded; `events` has them too, at its end. */
  readonly appended: readonly RecordedEvent[]
}

interface EncodedEvent<Event> {
  readonly stream: string
  readonly event: Event
  readonly data: Uint8Array
}

const emptyStream = { version: 0n, position: 0n, events: [] }

/** The streams that the commands of a batch name, and what the batch appends. Positions are final: the log is locked. */
export async function loadStreams<Types extends EventTypes>(
  db: Queryable,
  shape: LogShape<Types>,
  names: readonly string[],
) {
  const { schema, events, upcasts, replacing, maxEventBytes } = shape
  const head = await readHead(db, schema)
  const histories = new Map<string, StreamHistory<EventOf<Types>>>()
  const appended: RecordedEvent[] = []
  const history = (stream: string): StreamHistory<EventOf<Types>> => histories.get(stream) ?? emptyStream

  function extend(recorded: RecordedEvent, event: EventOf<Types> | undefined): void {
    const { stream, version, position } = recorded
    const known = history(stream).events
    histories.set(stream, { version, position, events: event ? [...known, event] : known })
  }

  for (const recorded of await readStreams(db, schema, upcasts, [...new Set(names)], replacing)) {
    extend(recorded, decodeEvent(events, recorded))
  }

  return {
    history,
    /** The position that the command's last event will get, or that of what it found when it changes nothing. */
    positionAfter(count: number, streams: readonly string[]): bigint {
      if (count > 0) return head + BigInt(appended.length + count)
      let last = 0n
      for (const stream of streams) if (history(stream).position > last) last = history(stream).position
      return last
    },
    /** @throws FAILED_PRECONDITION when an event is too large to be delivered */
    encode(appends: readonly { readonly stream: string; readonly event: EventOf<Types> }[]) {
      return appends.map(({ stream, event }): EncodedEvent<EventOf<Types>> => {
        const data = encodeEvent(events, event)
        if (data.length <= maxEventBytes) return { stream, event, data }
        const message = `${String(event.type)} has ${data.length} bytes, at most ${maxEventBytes} are allowed`
        throw failedPrecondition('EVENT_TOO_LARGE', message)
      })
    },
    append(encoded: readonly EncodedEvent<EventOf<Types>>[], traceparent: string, recordTime: Date): void {
      for (const { stream, event, data } of encoded) {
        const position = head + BigInt(appended.length + 1)
        const version = history(stream).version + 1n
        const type = String(event.type)
        const recorded = { position, stream, version, type, data, eventId: randomUUID(), recordTime, traceparent }
        appended.push(recorded)
        extend(recorded, event)
      }
    },
    changes(): readonly StreamChange<EventOf<Types>>[] {
      const byStream = Map.groupBy(appended, ({ stream }) => stream)
      return [...byStream].map(([stream, events]) => ({ ...history(stream), stream, appended: events }))
    },
    /** Answers the new head, undefined when nothing was appended. */
    async write(): Promise<bigint | undefined> {
      if (appended.length === 0) return undefined
      await advanceHead(db, schema, head, appended.length)
      await insertEvents(db, schema, appended)
      return head + BigInt(appended.length)
    },
  }
}

async function advanceHead(db: Queryable, schema: string, head: bigint, count: number): Promise<void> {
  const text = `UPDATE ${schema}.log_head SET position = position + $1 WHERE position = $2 RETURNING position`
  const { rowCount } = await db.query({ name: `${schema} advance`, text, values: [count, head] })
  if (rowCount !== 1) throw new Error(`${schema}.log_head moved although the append lock is held`)
}

async function insertEvents(db: Queryable, schema: string, events: readonly RecordedEvent[]): Promise<void> {
  await db.query({
    name: `${schema} insert events`,
    text: `
      INSERT INTO ${schema}.event (position, stream, version, type, data, event_id, record_time, traceparent)
      SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::bytea[], $6::uuid[],
        $7::timestamptz[], $8::text[])`,
    values: [
      events.map(({ position }) => position),
      events.map(({ stream }) => stream),
      events.map(({ version }) => version),
      events.map(({ type }) => type),
      events.map(({ data }) => data),
      events.map(({ eventId }) => eventId),
      events.map(({ recordTime }) => recordTime),
      events.map(({ traceparent }) => traceparent),
    ],
  })
}
