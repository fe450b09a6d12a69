import { mkdir } from 'node:fs/promises'
import { type AuditSink, openTrail, startShipper, type Trail } from '@gatehouse/audit-trail'
import { eventTopic } from '@gatehouse/bus'
import { EventLogServiceClient } from '@gatehouse/contracts/event_log/v1/event_log_service'
import {
  ConfigurationError,
  createClient,
  createRegistry,
  type Logger,
  type Running,
  serviceTls,
  startOps,
  type TlsMaterial,
} from '@gatehouse/grpc-service'
import { createMemoryModel, openRedisModel, type ReadModel } from '@gatehouse/read-model'
import { openAuditSink } from './audit-sink.ts'
import { createCheck } from './check/check.ts'
import type { GatewayConfig } from './config.ts'
import { createMemoryCounters } from './counters/memory.ts'
import { createRedisCounters } from './counters/redis.ts'
import { Upstreams } from './forward/upstreams.ts'
import { Http1Server } from './http1/server.ts'
import { type CertificateFiles, readCertificate, reloadCertificate } from './https.ts'
import { createMetrics, type GatewayMetrics } from './metrics.ts'
import { createPolicy } from './policy.ts'
import { type Projection, startProjection } from './projection/projection.ts'

export { type GatewayConfig, readConfig } from './config.ts'

export interface RunningGateway extends Running {
  /** `host:port` of the gateway, as bound. */
  readonly address: string
  readonly opsAddress: string | undefined
}

/**
 * Starts the gateway: spool and shipper, read model and its projection, the request path, HTTP. It serves at once, and
 * refuses with 503 until its state is whole.
 * @throws ConfigurationError when an address, a certificate or the spool cannot be had
 */
export async function startGateway(
  config: GatewayConfig,
  { logger }: { readonly logger: Logger },
): Promise<RunningGateway> {
  const closing: (() => unknown)[] = []
  const close = async () => {
    for (const end of closing.splice(0).reverse()) await end()
  }
  try {
    return { ...(await open(config, logger, closing)), close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Opens everything; what must be closed is pushed in the order of opening, and closed in the opposite one. */
async function open(config: GatewayConfig, logger: Logger, closing: (() => unknown)[]) {
  const tls = await serviceTls('gateway', config)
  const registry = createRegistry('gateway')
  const trail = await openSpool(config, logger)
  closing.push(() => trail.close())
  const sink = openAuditSink(config, tls, logger)
  closing.push(() => sink.close())
  const model = openModel(config, logger)
  closing.push(() => model.close())
  const policy = createPolicy((key, problem) =>
    logger.error({ key, problem }, 'cannot be used: its requests are refused'),
  )
  const metrics = createMetrics(registry, logger, {
    stalenessMs: () => projection.stalenessMs(),
    position: (source) => projection.positions()?.[source],
    spoolRecords: () => trail.spool.records,
    spoolOldestSeconds: () => trail.spool.oldestSeconds(Date.now()),
    connections: () => server.connections,
  })
  closing.push(ship(trail, sink, metrics, logger))
  const logs = connectLogs(config, tls, closing)
  const projection = startProjection({
    model,
    logs,
    ...(config.kafkaBrokers.length > 0 && {
      kafka: (source) => ({ brokers: config.kafkaBrokers, topic: eventTopic(source, config.topicPrefix) }),
    }),
    cacheBytesMax: config.cacheBytes,
    onPolicy: policy.onChanged,
    hooks: { onPropagated: metrics.propagated, onParked: metrics.parked },
    logger,
  })
  closing.push(() => projection.close())
  const counters = config.redisUrl
    ? createRedisCounters({ url: config.redisUrl, onError: (err) => logger.warn({ err }, 'the counters are away') })
    : createMemoryCounters()
  closing.push(() => counters.close())
  const upstreams = new Upstreams()
  closing.push(() => upstreams.close())
  const handler = createCheck({
    state: stateOf(projection, policy.table, config.positionWaitMs),
    ...{ views: projection.credentials, counters, trail, upstreams, watch: metrics.watch },
  })
  const certificate = await readCertificate(config)
  const server = new Http1Server({
    handler,
    trustedProxies: config.trustedProxies,
    ...(certificate && { tls: certificate }),
  })
  const address = await listen(server, config.address)
  let draining = false
  closing.push(async () => {
    draining = true
    await server.drain(config.drainMs)
  })
  if (certificate) closing.push(keepCertificate(server, config, logger))
  const opsAddress = await serveOps(
    config,
    closing,
    registry,
    () => !draining && Number.isFinite(projection.stalenessMs()),
  )
  logger.info({ address, ops: opsAddress, node: trail.node, epoch: trail.epoch }, 'ready')
  return { address, opsAddress }
}

function ship(trail: Trail, sink: AuditSink, metrics: GatewayMetrics, logger: Logger): () => Promise<void> {
  const shipper = startShipper({
    ...{ trail, sink, onShipped: metrics.shipped },
    onFailure: (err, attempt) => logger.warn({ err, attempt }, 'decision records wait for the audit service'),
  })
  return () => shipper.close()
}

async function openSpool(config: GatewayConfig, logger: Logger) {
  await mkdir(config.spoolDirectory, { recursive: true, mode: 0o700 })
  return openTrail({
    directory: config.spoolDirectory,
    node: config.node,
    product: 'gateway',
    segmentBytes: config.spoolSegmentBytes,
    segmentsMax: config.spoolSegmentsMax,
    onFault: (err) => logger.error({ err }, 'the spool'),
  })
}

function openModel({ redisUrl }: GatewayConfig, logger: Logger): ReadModel {
  if (!redisUrl) return createMemoryModel()
  return openRedisModel({
    address: { url: redisUrl },
    onError: (err) => logger.warn({ err }, 'the read model is away'),
  })
}

function connectLogs(config: GatewayConfig, tls: TlsMaterial, closing: (() => unknown)[]) {
  const connect = (address: string, peer: string) => createClient(EventLogServiceClient, { address, tls, peer })
  const credential = connect(config.credentialAddress, 'credential')
  const policy = connect(config.policyAddress, 'policy')
  closing.push(() => {
    credential.close()
    policy.close()
  })
  return { credential, policy }
}

function stateOf(projection: Projection, policy: ReturnType<typeof createPolicy>['table'], positionWaitMs: number) {
  return {
    policy,
    positions: () => projection.positions() ?? {},
    stalenessMs: projection.stalenessMs,
    reached: (positions: Parameters<Projection['waitFor']>[0]) => projection.waitFor(positions, positionWaitMs),
  }
}

async function listen(server: Http1Server, address: string): Promise<string> {
  const colon = address.lastIndexOf(':')
  const host = address.slice(0, colon)
  try {
    const port = await server.listen(Number(address.slice(colon + 1)), host.replace(/^\[|\]$/g, ''))
    return `${host}:${port}`
  } catch (error) {
    throw new ConfigurationError(`cannot listen on ${address}: ${(error as Error).message}`)
  }
}

function keepCertificate(server: Http1Server, files: CertificateFiles, logger: Logger): () => void {
  const reloading = reloadCertificate(server, files, logger)
  return () => reloading.close()
}

/** A worker is asked by its primary; a gateway alone answers for itself. */
async function serveOps(
  config: GatewayConfig,
  closing: (() => unknown)[],
  registry: ReturnType<typeof createRegistry>,
  ready: () => boolean,
): Promise<string | undefined> {
  if (config.workers > 1) return undefined
  const ops = await startOps({ port: config.opsPort, registry, ready })
  closing.push(() => ops.close())
  return ops.address
}
