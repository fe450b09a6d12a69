import { setTimeout as delay } from 'node:timers/promises'
import {
  type AuditSink,
  type ClosableSink,
  openAuditSink,
  openTrail,
  startShipper,
  type Trail,
} from '@gatehouse/audit-trail'
import { type EventLog, eventTopic } from '@gatehouse/bus'
import { EventLogServiceClient } from '@gatehouse/contracts/event_log/v1/event_log_service'
import type { EventSource } from '@gatehouse/contracts/events'
import { type DecisionState, openDecisionState } from '@gatehouse/decision-state'
import {
  ConfigurationError,
  cannotListen,
  createClient,
  createRegistry,
  type Logger,
  type Running,
  serviceTls,
  startOps,
  type TlsMaterial,
  watchSpool,
} from '@gatehouse/grpc-service'
import { openReadModel, type ReadModel } from '@gatehouse/read-model'
import { accessTokenParts } from './check/authenticate/access-token-parts.ts'
import { createCheck } from './check/check.ts'
import type { State } from './check/state.ts'
import type { GatewayConfig } from './config.ts'
import { createMemoryCounters } from './counters/memory.ts'
import { createRedisCounters } from './counters/redis.ts'
import { fastStrings } from './fast-strings.ts'
import { Upstreams } from './forward/upstreams.ts'
import { Http1Server } from './http1/server.ts'
import { readCertificate, reloadCertificate } from './https.ts'
import { lateMarking } from './late-marking.ts'
import { createMetrics, type GatewayMetrics } from './metrics/metrics.ts'
import { connectTokenService } from './oauth/calls/grpc.ts'
import { endpointTable } from './oauth/endpoint-table.ts'
import { createOAuth } from './oauth/oauth.ts'
import { connectRegistration } from './oauth/registration-calls.ts'
import type { TokenCalls } from './oauth/token-calls.ts'
import { createMemoryProofMemory } from './proofs/memory.ts'
import { createRedisProofMemory } from './proofs/redis.ts'
import { canServe } from './readiness.ts'
import { traceApplied } from './trace-applied.ts'
import { shareMetrics } from './workers.ts'

export { type GatewayConfig, readConfig } from './config.ts'
export type { TokenCalls } from './oauth/token-calls.ts'

export interface GatewayParts {
  readonly logger: Logger
  /** The token service in this process; absent: it is asked over gRPC. */
  readonly tokenCalls?: TokenCalls
  /** The audit service in this process; absent, or where Kafka is named: records go to Kafka or over gRPC. */
  readonly auditSink?: AuditSink
  /** The logs of the services in this process; absent: they are read over gRPC. */
  readonly logs?: Logs
  /** The read model of this process, which the gateway fills; absent: as the settings say. */
  readonly model?: ReadModel | undefined
}

type Logs = Readonly<Record<EventSource, EventLog>>

export interface RunningGateway extends Running {
  /** `host:port` of the gateway, as bound. */
  readonly address: string
  readonly opsAddress: string | undefined
  /** Whether a request can be served on what is known now; false while draining. */
  ready(): boolean
}

/**
 * Starts the gateway: spool and shipper, read model and the state that is decided on, the request path, HTTP. It serves
 * at once, and refuses with 503 until its state is whole.
 * @throws ConfigurationError when an address, a certificate or the spool cannot be had
 */
export async function startGateway(
  config: GatewayConfig,
  { logger, tokenCalls, auditSink, logs: ownLogs, model: shared }: GatewayParts,
): Promise<RunningGateway> {
  fastStrings()
  lateMarking()
  // Closed in the reverse order of opening, also when a later one does not open.
  await using opened = new AsyncDisposableStack()
  const tls = await serviceTls('gateway', config)
  const registry = createRegistry('gateway')
  const trail = await openSpool(config, logger)
  opened.defer(() => trail.close())
  const sink = openSink(config, tls, logger, auditSink)
  opened.defer(() => sink.close())
  const model = shared ?? openReadModel(config, (err) => logger.warn({ err }, 'the read model is away'))
  if (!shared) opened.defer(() => model.close())
  const metrics = createMetrics(registry, logger, {
    stalenessMs: () => state.stalenessMs(),
    position: (source) => state.positions()?.[source],
    connections: () => server.connections,
  })
  watchSpool(registry, trail.spool)
  const shipper = ship(trail, sink, metrics, logger)
  opened.defer(() => shipper.close())
  const logs = connectLogs(config, tls, ownLogs)
  opened.defer(() => logs.close())
  const state = openState(config, { model, logs, metrics, logger })
  opened.defer(() => state.close())
  const counters = openCounters(config, logger)
  opened.defer(() => counters.close())
  const calls = connectTokens(config, tls, tokenCalls)
  opened.defer(() => calls.close())
  const proofMemory = openProofMemory(config, logger)
  opened.defer(() => proofMemory.close())
  const { credentials: views } = state
  const tokens = accessTokenParts({ state, views, resolve: calls.resolveReferenceToken, proofMemory })
  const registration = connectRegistration({ address: config.credentialAddress, tls, peer: 'credential' })
  opened.defer(() => registration.close())
  const upstreams = new Upstreams()
  opened.defer(() => upstreams.close())
  const certificate = await readCertificate(config)
  const recording = { state: stateOf(state, config.positionWaitMs), trail, watch: metrics.watch }
  const documents = documentsOf(config, recording.state)
  const oauth = createOAuth(recording, endpointTable({ ...documents, calls, registration, tokens, views }))
  const handler = createCheck({ ...recording, views, counters, upstreams, tokens, oauth })
  const { trustedProxies } = config
  const server = new Http1Server({ handler, trustedProxies, ...(certificate && { tls: certificate }) })
  let serving = false
  // Before the gateway's own port, so that it tells of the drain as long as the drain lasts.
  const ready = () => serving && canServe(state.policy(), readStaleness(state))
  const ops = await serveOps(config, registry, ready)
  opened.defer(() => ops?.close())
  if (config.workers > 1) await known(state)
  const address = await listen(server, config.address)
  serving = true
  opened.defer(async () => {
    serving = false
    await server.drain(config.drainMs)
  })
  if (certificate) {
    const reloading = reloadCertificate(server, config, logger)
    opened.defer(() => reloading.close())
  }
  logger.info({ address, ops: ops?.address, node: trail.node, epoch: trail.epoch }, 'ready')
  const closing = opened.move()
  return { address, opsAddress: ops?.address, ready, close: () => closing.disposeAsync() }
}

function ship(trail: Trail, sink: AuditSink, metrics: GatewayMetrics, logger: Logger) {
  return startShipper({
    ...{ trail, sink, onShipped: metrics.shipped },
    onFailure: (err, attempt) => logger.warn({ err, attempt }, 'decision records wait for the audit service'),
  })
}

function openSpool(config: GatewayConfig, logger: Logger): Promise<Trail> {
  return openTrail({
    directory: config.spoolDirectory,
    node: config.node,
    product: 'gateway',
    segmentBytes: config.spoolSegmentBytes,
    segmentsMax: config.spoolSegmentsMax,
    onFault: (err) => logger.error({ err }, 'the spool'),
  }).catch((error: Error) => {
    throw new ConfigurationError(`the audit spool cannot be opened: ${error.message}`)
  })
}

function openSink(config: GatewayConfig, tls: TlsMaterial, logger: Logger, own: AuditSink | undefined): ClosableSink {
  if (!own || config.kafkaBrokers.length > 0) return openAuditSink(config, tls, logger)
  return { prepare: own.prepare, close: () => Promise.resolve() }
}

function connectLogs(config: GatewayConfig, tls: TlsMaterial, own: Logs | undefined) {
  if (own) return { ...own, close: () => undefined }
  const connect = (address: string, peer: string) => createClient(EventLogServiceClient, { address, tls, peer })
  const credential = connect(config.credentialAddress, 'credential')
  const policy = connect(config.policyAddress, 'policy')
  const token = connect(config.tokenAddress, 'token')
  return {
    ...{ credential, policy, token },
    close() {
      for (const client of [credential, policy, token]) client.close()
    },
  }
}

function connectTokens(config: GatewayConfig, tls: TlsMaterial, own: TokenCalls | undefined) {
  if (own) return { ...own, close: () => undefined }
  return connectTokenService({ address: config.tokenAddress, tls, peer: 'token' })
}

function documentsOf({ jwksCacheSeconds, clientCaFile }: GatewayConfig, state: State) {
  return { state, maxAgeSeconds: jwksCacheSeconds, clientCertificates: clientCaFile !== undefined }
}

interface StateParts {
  readonly model: ReadModel
  readonly logs: ReturnType<typeof connectLogs>
  readonly metrics: GatewayMetrics
  readonly logger: Logger
}

function openState(config: GatewayConfig, { model, logs, metrics, logger }: StateParts): DecisionState {
  const { kafkaBrokers: brokers, topicPrefix } = config
  return openDecisionState({
    model,
    logs,
    ...(brokers.length > 0 && { kafka: (source) => ({ brokers, topic: eventTopic(source, topicPrefix) }) }),
    cacheBytesMax: config.cacheBytes,
    hooks: { onApplied: traceApplied, onPropagated: metrics.propagated, onParked: metrics.parked },
    logger,
  })
}

function openCounters({ redisUrl }: GatewayConfig, logger: Logger) {
  if (!redisUrl) return createMemoryCounters()
  return createRedisCounters({ url: redisUrl, onError: (err) => logger.warn({ err }, 'the counters are away') })
}

function openProofMemory({ redisUrl }: GatewayConfig, logger: Logger) {
  if (!redisUrl) return createMemoryProofMemory()
  return createRedisProofMemory({
    url: redisUrl,
    onError: (err) => logger.warn({ err }, 'the memory of proofs is away'),
  })
}

function stateOf(state: DecisionState, positionWaitMs: number): State {
  return {
    policy: state.policy,
    signingKeysOf: (environmentId) => state.signingKeys().of(environmentId),
    positions: () => state.positions() ?? {},
    stalenessMs: state.stalenessMs,
    provenStalenessMs: state.provenStalenessMs,
    reached: (positions) => state.waitFor(positions, positionWaitMs),
  }
}

const readStaleness = (state: DecisionState) => ({
  stalenessMs: state.stalenessMs(),
  provenStalenessMs: state.provenStalenessMs(),
})

async function listen(server: Http1Server, address: string): Promise<string> {
  const colon = address.lastIndexOf(':')
  const host = address.slice(0, colon)
  try {
    const port = await server.listen(Number(address.slice(colon + 1)), host.replace(/^\[|\]$/g, ''))
    return `${host}:${port}`
  } catch (error) {
    throw cannotListen(address, error as Error)
  }
}

const knownMsMax = 10_000

/** A worker that comes back takes no request from its siblings that it would have to refuse. */
async function known(state: DecisionState): Promise<void> {
  const deadline = performance.now() + knownMsMax
  while (!Number.isFinite(state.stalenessMs()) && performance.now() < deadline) await delay(20)
}

/** A worker is asked by its primary; a gateway alone answers for itself. */
async function serveOps(config: GatewayConfig, registry: ReturnType<typeof createRegistry>, ready: () => boolean) {
  if (config.workers > 1) {
    shareMetrics(registry)
    return undefined
  }
  return startOps({ port: config.opsPort, host: config.opsHost, registry, ready })
}
