import { once } from 'node:events'
import type { Client, ClientDuplexStream, ClientReadableStream, Metadata, ServiceError } from '@grpc/grpc-js'
import { fromServiceError } from './error-status.ts'
import type { Method } from './method.ts'

type Call = ClientReadableStream<unknown> | ClientDuplexStream<unknown, unknown>

interface StreamSettings {
  readonly signal?: AbortSignal
  readonly deadlineMs?: number
}

/** Opens the stream at the first `next()`; ends silently when the signal aborts. */
export async function* serverStream(
  client: Client,
  method: Method,
  request: unknown,
  metadata: Metadata,
  { signal, deadlineMs }: StreamSettings,
): AsyncGenerator<unknown, void, undefined> {
  const call = client.makeServerStreamRequest(
    method.path,
    (value) => method.requestSerialize(value as never),
    (bytes) => method.responseDeserialize(bytes),
    request,
    metadata,
    deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs },
  )
  yield* responses(call, signal)
}

/** Sends requests as fast as the peer takes them while the responses are read. */
export async function* bidiStream(
  client: Client,
  method: Method,
  requests: AsyncIterable<unknown>,
  metadata: Metadata,
  signal: AbortSignal | undefined,
): AsyncGenerator<unknown, void, undefined> {
  const call = client.makeBidiStreamRequest(
    method.path,
    (value) => method.requestSerialize(value as never),
    (bytes) => method.responseDeserialize(bytes),
    metadata,
  )
  const ended = new AbortController()
  let failure: unknown
  const sending = sendAll(call, requests, ended.signal).catch((error: unknown) => {
    failure = error
    call.cancel()
  })
  try {
    yield* responses(call, signal)
  } finally {
    ended.abort()
  }
  await sending
  if (failure) throw failure
}

async function sendAll(
  call: ClientDuplexStream<unknown, unknown>,
  requests: AsyncIterable<unknown>,
  ended: AbortSignal,
): Promise<void> {
  for await (const request of requests) {
    if (ended.aborted) return
    if (!call.write(request)) await once(call, 'drain', { signal: ended }).catch(() => undefined)
  }
  call.end()
}

async function* responses(call: Call, signal: AbortSignal | undefined): AsyncGenerator<unknown, void, undefined> {
  const cancel = () => call.cancel()
  if (signal?.aborted) cancel()
  signal?.addEventListener('abort', cancel, { once: true })
  try {
    yield* call
  } catch (error) {
    if (!signal?.aborted) throw isServiceError(error) ? fromServiceError(error) : error
  } finally {
    signal?.removeEventListener('abort', cancel)
    call.cancel()
  }
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && typeof error.code === 'number'
}
