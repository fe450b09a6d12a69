import type { RecordedEvent } from '@gatehouse/contracts/event_log/v1/event_log_service'
import type { EventSource } from '@gatehouse/contracts/events'
import { isTracing, openSpan } from '@gatehouse/grpc-service'

/** One span for each applied event, in the trace of its command: from being committed to being applied. */
export function traceApplied(source: EventSource, events: readonly RecordedEvent[]): void {
  if (!isTracing()) return
  for (const { type, traceparent, position, recordTime } of events) {
    if (!traceparent) continue
    const span = openSpan(`apply ${type}`, 'consumer', traceparent, recordTime?.getTime())
    span.end({ 'gatehouse.log': source, 'gatehouse.position': Number(position) })
  }
}
