import type { EventLog } from '@gatehouse/bus'
import type { RecordedEvent } from '@gatehouse/contracts/event_log/v1/event_log_service'
import {
  type CredentialEvent,
  credentialEvents,
  type EventSource,
  encodeEvent,
  type PolicyEvent,
  policyEvents,
  type TokenEvent,
  tokenEvents,
} from '@gatehouse/contracts/events'

/** A log in memory with the pull path of a real one, for tests. */
export interface TestLog extends EventLog {
  readonly events: readonly RecordedEvent[]
  /** Its position. */
  append(stream: string, event: CredentialEvent | PolicyEvent | TokenEvent): bigint
  /** Holds the streams back: heads go on being answered. */
  silent: boolean
  /** Answers nothing at all, as a service that is not there. */
  down: boolean
  /** How often its head was asked for since `silent` was set. */
  readonly asked: number
  /** How often that was not answered since `down` was set. */
  readonly refused: number
}

export type TestLogs = Readonly<Record<EventSource, TestLog>>

/** One of each. */
export function createTestLogs(): TestLogs {
  return { credential: createTestLog(), policy: createTestLog(), token: createTestLog() }
}

export function createTestLog(): TestLog {
  const events: RecordedEvent[] = []
  let appended = Promise.withResolvers<void>()
  const wake = () => {
    appended.resolve()
    appended = Promise.withResolvers()
  }
  let silent = false
  let down = false
  const count = { asked: 0, refused: 0 }
  return {
    events,
    get asked() {
      return count.asked
    },
    get refused() {
      return count.refused
    },
    get down() {
      return down
    },
    set down(value) {
      down = value
      count.refused = 0
      wake()
    },
    get silent() {
      return silent
    },
    set silent(value) {
      silent = value
      count.asked = 0
      wake()
    },
    append(stream, event) {
      const position = BigInt(events.length + 1)
      const version = BigInt(events.filter((each) => each.stream === stream).length + 1)
      const data = encodeEvent({ ...credentialEvents, ...policyEvents, ...tokenEvents }, event)
      const rest = { eventId: `e${position}`, recordTime: new Date(), traceparent: '' }
      events.push({ position, stream, version, type: event.type, data, ...rest })
      wake()
      return position
    },
    async *readEvents({ afterPosition, untilHead }, { signal }) {
      const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
      for (let at = Number(afterPosition); !signal.aborted; ) {
        if (down) throw new Error('unavailable')
        const more = appended.promise
        const batch = silent ? [] : events.slice(at, at + 100)
        at += batch.length
        if (batch.length > 0) yield { events: batch }
        else if (untilHead) return
        else await Promise.race([more, aborted])
      }
    },
    async getHead() {
      count.asked += 1
      if (down) count.refused += 1
      if (down) throw new Error('unavailable')
      return { position: BigInt(events.length) }
    },
  }
}
