import { randomUUID } from 'node:crypto'
import type { Metadata } from '@grpc/grpc-js'

/** What a handler knows of a call beside the request. */
export interface CallContext {
  /** The service that calls, from its verified certificate. */
  readonly caller: string
  /** Ties the log lines of one request together; taken over from the caller or new. Not the idempotency key. */
  readonly requestId: string
  /** W3C trace context to hand on to events and further calls; undefined when the call belongs to no trace. */
  readonly traceparent: string | undefined
  /** Aborted when the caller went away, the deadline passed or, for streams, the service drains. */
  readonly signal: AbortSignal
}

export const requestIdKey = 'x-request-id'
export const traceparentKey = 'traceparent'

const requestIdForm = /^[A-Za-z0-9._~:-]{1,128}$/
const traceparentForm = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

/** The request id of a call, or a new one when it is absent or could not stand in a log line. */
export function requestIdOf(metadata: Metadata): string {
  const [given] = metadata.get(requestIdKey)
  return typeof given === 'string' && requestIdForm.test(given) ? given : randomUUID()
}

/** The trace context of a call (W3C Trace Context, version 00); undefined when absent or malformed. */
export function traceparentOf(metadata: Metadata): string | undefined {
  const [given] = metadata.get(traceparentKey)
  return typeof given === 'string' && traceparentForm.test(given) ? given : undefined
}
