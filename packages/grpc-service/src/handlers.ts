import { once } from 'node:events'
import { GatehouseError } from '@gatehouse/errors'
import type {
  ServerDuplexStream,
  ServerUnaryCall,
  ServerWritableStream,
  sendUnaryData,
  UntypedHandleCall,
  UntypedServiceImplementation,
} from '@grpc/grpc-js'
import { authorize } from './authorize.ts'
import { Cancellation } from './cancellation.ts'
import { type CallContext, requestIdOf, traceparentOf } from './context.ts'
import { toServiceError } from './error-status.ts'
import type { Logger } from './logger.ts'
import type { Definition, Method, RequestOf, ResponseOf } from './method.ts'
import type { CallMetrics, MeasureCall } from './metrics.ts'
import { traced } from './tracing.ts'

/** A handler of a method: a promise for one response, an async generator for a stream of them. */
export type Handler<M extends Method> = (
  request: M['requestStream'] extends true ? AsyncIterable<RequestOf<M>> : RequestOf<M>,
  context: CallContext,
) => M['responseStream'] extends true ? AsyncIterable<ResponseOf<M>> : Promise<ResponseOf<M>>

/** A service: for every method its handler, and the names of the services that may call it. */
export interface GrpcService<D extends Definition = Definition> {
  readonly definition: D
  readonly handlers: { readonly [Name in keyof D]: Handler<D[Name]> }
  readonly roles: { readonly [Name in keyof D]: readonly string[] }
}

type AnyHandler = (request: never, context: CallContext) => unknown

/** A GrpcService with its message types forgotten, as startGrpcService takes a list of them. */
export interface BoundService {
  readonly definition: Definition
  readonly handlers: Readonly<Record<string, AnyHandler>>
  readonly roles: Readonly<Record<string, readonly string[]>>
}

/** Checks at compile time that handlers and roles cover the whole definition. */
export function grpcService<D extends Definition>(service: GrpcService<D>): BoundService
export function grpcService(service: BoundService): BoundService {
  return service
}

/** What all calls of a server share. */
export interface ServerScope {
  readonly logger: Logger
  readonly metrics: CallMetrics
  /** Deadline of unary calls whose caller sent none, milliseconds. */
  readonly deadlineMs: number
  /** Aborted when the server drains; ends streams, which would otherwise hold the shutdown up. */
  readonly draining: AbortSignal
}

type Unary = ServerUnaryCall<unknown, unknown>
type Streaming = ServerWritableStream<unknown, unknown> | ServerDuplexStream<unknown, unknown>

/** The handlers of a service as grpc-js calls them. */
export function implementation(service: BoundService, scope: ServerScope): UntypedServiceImplementation {
  const entries = Object.entries(service.definition).map(([name, method]) => {
    const handler = service.handlers[name]
    if (!handler) throw new Error(`no handler for ${method.path}`)
    if (method.requestStream && !method.responseStream) throw new Error(`${method.path}: stream the responses too`)
    const measure = scope.metrics.ofMethod(method.path)
    const bound = { method, handler, roles: service.roles[name] ?? [], scope, measure }
    return [name, method.responseStream ? streamingHandler(bound) : unaryHandler(bound)] as const
  })
  return Object.fromEntries(entries)
}

interface Bound {
  readonly method: Method
  readonly handler: AnyHandler
  readonly roles: readonly string[]
  readonly scope: ServerScope
  readonly measure: MeasureCall
}

/** A timer counts from the beginning of its turn, and a caller keeps its deadline too: both may end a call a little before it. */
const earlyMs = 20

function unaryHandler(bound: Bound): UntypedHandleCall {
  return (call: Unary, callback: sendUnaryData<unknown>) => {
    const cancellation = new Cancellation()
    const deadline = Number(call.getDeadline())
    // At a deadline that its caller sent, grpc-js itself cancels the call.
    const timer = Number.isFinite(deadline)
      ? undefined
      : setTimeout(() => cancellation.cancel(deadlineExceeded()), bound.scope.deadlineMs)
    const onCancelled = () => cancellation.cancel(Date.now() + earlyMs >= deadline ? deadlineExceeded() : callerGone())
    call.once('cancelled', onCancelled)
    const answer: typeof callback = (error, response) => {
      clearTimeout(timer)
      // grpc-js says `cancelled` at the end of every call.
      call.off('cancelled', onCancelled)
      callback(error, response)
    }
    settle(call, bound, cancellation, (context) =>
      cancellation.race(bound.handler(call.request as never, context) as Promise<unknown>),
    ).then(
      (response) => answer(null, response),
      (error) => answer(toServiceError(error, bound.scope.logger)),
    )
  }
}

function streamingHandler(bound: Bound): UntypedHandleCall {
  return (call: Streaming) => {
    const cancelled = new AbortController()
    call.once('cancelled', () => cancelled.abort(callerGone()))
    const signal = AbortSignal.any([cancelled.signal, bound.scope.draining])
    const work = settle(call, bound, { signal }, async (context) => {
      // The default iterator destroys a duplex stream once its requests end: the responses would never be finished.
      const input = 'request' in call ? call.request : call.iterator({ destroyOnReturn: false })
      const responses = bound.handler(input as never, context) as AsyncIterable<unknown>
      await writeAll(call, responses, cancelled.signal)
      if (bound.scope.draining.aborted) throw draining()
    })
    work.then(
      () => call.end(),
      (error) => cancelled.signal.aborted || call.emit('error', toServiceError(error, bound.scope.logger)),
    )
  }
}

/** Authorizes, then runs the work in a span, with its duration and status measured. */
async function settle<Result>(
  call: Unary | Streaming,
  { method, roles, measure }: Bound,
  cancellation: { readonly signal: AbortSignal },
  work: (context: CallContext) => Promise<Result>,
): Promise<Result> {
  const end = measure()
  try {
    const caller = authorize(call, roles)
    const requestId = requestIdOf(call.metadata)
    const result = await traced(method.path.slice(1), 'server', traceparentOf(call.metadata), (traceparent) =>
      work({
        ...{ caller, requestId, traceparent },
        get signal() {
          return cancellation.signal
        },
      }),
    )
    end('OK')
    return result
  } catch (error) {
    end(error instanceof GatehouseError ? error.status : 'INTERNAL')
    throw error
  }
}

/** Writes what the handler yields, no faster than the peer reads; stops the generator when the caller went away. */
async function writeAll(call: Streaming, responses: AsyncIterable<unknown>, cancelled: AbortSignal): Promise<void> {
  for await (const response of responses) {
    if (cancelled.aborted) return
    if (!call.write(response)) await once(call, 'drain', { signal: cancelled }).catch(() => undefined)
  }
}

function deadlineExceeded(): GatehouseError {
  return new GatehouseError('DEADLINE_EXCEEDED', { reason: 'DEADLINE_EXCEEDED', message: 'the deadline has passed' })
}

function callerGone(): GatehouseError {
  return new GatehouseError('UNAVAILABLE', { reason: 'CALLER_GONE', message: 'the caller ended the call' })
}

function draining(): GatehouseError {
  return new GatehouseError('UNAVAILABLE', { reason: 'DRAINING', message: 'the service is shutting down' })
}
