import type { RecordedEvent } from '@gatehouse/contracts/event_log/v1/event_log_service'

/**
 * By stored type, how an event of an old version is told in today's words: pure, from bytes to bytes. The log itself is
 * never changed. An answer that is of an old type again is upcast further.
 */
export interface Upcasts {
  readonly [storedType: string]: (data: Uint8Array) => { readonly type: string; readonly data: Uint8Array }
}

export function upcast(upcasts: Upcasts, recorded: RecordedEvent): RecordedEvent {
  let event = recorded
  while (Object.hasOwn(upcasts, event.type)) {
    const next = upcasts[event.type]?.(event.data)
    if (!next || next.type === event.type) throw new Error(`the upcast of ${event.type} answers its own type`)
    event = { ...event, ...next }
  }
  return event
}
