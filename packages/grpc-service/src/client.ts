import {
  type ChannelCredentials,
  type ClientOptions,
  type Client as GrpcClient,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js'
import { bidiStream, serverStream } from './client-stream.ts'
import { TimedCredentials } from './connect-timeout.ts'
import { requestIdKey, traceparentKey } from './context.ts'
import { clientCredentials } from './credentials.ts'
import { fromServiceError } from './error-status.ts'
import type { Definition, Method, RequestOf, ResponseOf } from './method.ts'
import { repeatable, retrying } from './retry.ts'
import type { TlsMaterial } from './tls.ts'
import { traced } from './tracing.ts'

export interface ClientSettings {
  /** `host:port`. */
  readonly address: string
  readonly tls: TlsMaterial
  /** The service that the server's certificate must name; host names play no part. */
  readonly peer: string
  /** What a new connection may take, from TCP's to the first answer in HTTP/2 [10 s]. */
  readonly connectMs?: number
  /** Deadline of each unary call, all its attempts together [5 s]. */
  readonly deadlineMs?: number
  /** Largest message taken or sent [4 MiB]. */
  readonly messageBytesMax?: number
}

export interface CallSettings {
  readonly deadlineMs?: number
  readonly signal?: AbortSignal
  readonly requestId?: string
  readonly traceparent?: string | undefined
}

/** A method as its caller sees it. Every rejection is a GatehouseError with the status and details of the peer. */
export type ClientMethod<M extends Method> = (
  request: M['requestStream'] extends true ? AsyncIterable<RequestOf<M>> : RequestOf<M>,
  settings?: CallSettings,
) => M['responseStream'] extends true ? AsyncIterable<ResponseOf<M>> : Promise<ResponseOf<M>>

/** The methods of a service, and `close`, which ends the connection and with it the streams. */
export type ServiceClient<D extends Definition> = { readonly [Name in keyof D]: ClientMethod<D[Name]> } & {
  close(): void
}

interface ClientConstructor<D extends Definition, Instance extends GrpcClient = GrpcClient> {
  new (address: string, credentials: ChannelCredentials, options?: Partial<ClientOptions>): Instance
  readonly service: D
}

/** The generated client itself on the same secured connection, for who handles calls and their events by hand. */
export function createGeneratedClient<Instance extends GrpcClient>(
  type: ClientConstructor<Definition, Instance>,
  settings: ClientSettings,
): Instance {
  const { address, tls, peer, connectMs = 10_000 } = settings
  const credentials = new TimedCredentials(clientCredentials(tls, peer), connectMs)
  return new type(address, credentials, channelOptions(settings))
}

/**
 * A client of a generated service: `createClient(CredentialServiceClient, { address, tls, peer: 'credential' })`.
 * Unary calls have a deadline and are tried again on UNAVAILABLE where that is safe; the connection is re-made by itself
 * after the peer restarts. Streams are async iterables that end when `signal` aborts or the loop is left.
 */
export function createClient<D extends Definition>(
  type: ClientConstructor<D>,
  settings: ClientSettings,
): ServiceClient<D>
export function createClient(type: ClientConstructor<Definition>, settings: ClientSettings) {
  const client = createGeneratedClient(type, settings)
  const methods = Object.entries(type.service).map(([name, method]) => [name, bind(client, name, method, settings)])
  return { ...Object.fromEntries(methods), close: () => client.close() }
}

function channelOptions({ peer, messageBytesMax = 4 * 1024 * 1024 }: ClientSettings): ClientOptions {
  return {
    // Node refuses an IP address as TLS server name; `clientCredentials` checks the name of the service instead.
    'grpc.ssl_target_name_override': peer,
    'grpc.max_receive_message_length': messageBytesMax,
    'grpc.max_send_message_length': messageBytesMax,
    // Finds a dead peer in 15 s at the latest: without it calls hang on a lost connection (grpc-node #2785).
    'grpc.keepalive_time_ms': 10_000,
    'grpc.keepalive_timeout_ms': 5000,
    'grpc.keepalive_permit_without_calls': 1,
    // Back soon after a restart; the default would wait up to two minutes.
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1000,
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_channelz': 0,
    'grpc.service_config_disable_resolution': 1,
  }
}

function bind(client: GrpcClient, name: string, method: Method, settings: ClientSettings) {
  if (method.requestStream && method.responseStream) {
    return (requests: AsyncIterable<unknown>, call: CallSettings = {}) =>
      bidiStream(client, method, requests, metadataOf(call, call.traceparent), call.signal)
  }
  if (method.responseStream) {
    return (request: unknown, call: CallSettings = {}) =>
      serverStream(client, method, request, metadataOf(call, call.traceparent), call)
  }
  if (method.requestStream) throw new Error(`${method.path}: stream the responses too`)
  return (request: unknown, call: CallSettings = {}) => {
    const deadline = Date.now() + (call.deadlineMs ?? settings.deadlineMs ?? 5000)
    return traced(method.path.slice(1), 'client', call.traceparent, (traceparent) => {
      const attempt = () => unary(client, method, request, metadataOf(call, traceparent), deadline, call.signal)
      return repeatable(name, request) ? retrying(deadline, call.signal, attempt) : attempt()
    })
  }
}

function metadataOf({ requestId }: CallSettings, traceparent: string | undefined): Metadata {
  const metadata = new Metadata()
  if (requestId) metadata.set(requestIdKey, requestId)
  if (traceparent) metadata.set(traceparentKey, traceparent)
  return metadata
}

function unary(
  client: GrpcClient,
  method: Method,
  request: unknown,
  metadata: Metadata,
  deadline: number,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const done = (error: ServiceError | null, response: unknown) => {
      signal?.removeEventListener('abort', cancel)
      if (error) reject(fromServiceError(error))
      else resolve(response)
    }
    const call = client.makeUnaryRequest(
      method.path,
      (value) => method.requestSerialize(value as never),
      (bytes) => method.responseDeserialize(bytes),
      request,
      metadata,
      { deadline },
      done,
    )
    const cancel = () => call.cancel()
    if (signal?.aborted) cancel()
    else signal?.addEventListener('abort', cancel, { once: true })
  })
}
