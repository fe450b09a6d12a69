import type { RecordedEvent } from '@gatehouse/contracts/event_log/v1/event_log_service'
import type { Log } from '../evidence.ts'

/** Positions are dense, every stream has the versions 1 to n in order, and Kafka has the same log. */
export function checkLogOrder({ events, published }: Log): string[] {
  return [...checkOrder('the log', events), ...checkPublished(events, published)]
}

function checkOrder(what: string, events: readonly RecordedEvent[]): string[] {
  const versions = new Map<string, bigint>()
  return events.flatMap(({ position, stream, version }, index) => {
    const expected = (versions.get(stream) ?? 0n) + 1n
    versions.set(stream, version)
    return [
      ...(position === BigInt(index + 1) ? [] : [`${what} has position ${position} where ${index + 1} is due`]),
      ...(version === expected ? [] : [`${what} has version ${version} of ${stream} where ${expected} is due`]),
    ]
  })
}

/** The relay may publish an event again after a crash; what is new comes in order. */
function checkPublished(events: readonly RecordedEvent[], published: readonly RecordedEvent[]): string[] {
  const firsts: RecordedEvent[] = []
  const violations: string[] = []
  for (const event of published) {
    const known = firsts[Number(event.position) - 1]
    if (!known) firsts.push(event)
    else if (known.eventId !== event.eventId) violations.push(`Kafka has two events at position ${event.position}`)
  }
  violations.push(...checkOrder('Kafka', firsts))
  const missing = events.filter(({ eventId }, index) => firsts[index]?.eventId !== eventId)
  violations.push(...missing.map(({ position, type }) => `Kafka lacks ${type} at position ${position}`))
  return violations
}
