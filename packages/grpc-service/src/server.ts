import { logVerbosity, Server, type ServerOptions, type ServiceDefinition, setLogVerbosity } from '@grpc/grpc-js'
import type { Registry } from 'prom-client'
import { certificateRequired } from './authorize.ts'
import { MutualTlsCredentials } from './credentials.ts'
import { cannotListen } from './environment.ts'
import { type BoundService, implementation, type ServerScope } from './handlers.ts'
import { addHealth, serviceNames } from './health.ts'
import type { Logger } from './logger.ts'
import { createCallMetrics, createRegistry } from './metrics.ts'
import { type OpsOptions, startOps } from './ops.ts'
import { readCertificatesOnce } from './peer-certificate.ts'
import type { TlsMaterial } from './tls.ts'

export interface GrpcServiceOptions {
  /** The service's name, as in its certificate. */
  readonly name: string
  /** `host:port`; port 0 takes a free one. */
  readonly address: string
  readonly tls: TlsMaterial
  readonly services: readonly BoundService[]
  readonly logger: Logger
  /** Serves `/livez /readyz /metrics`; `ready` is asked at each `/readyz` and counts as no while draining. */
  readonly ops?: { readonly port: number; readonly host?: string; readonly ready?: OpsOptions['ready'] }
  /** Where the metrics go; a new one with the process metrics when absent. */
  readonly registry?: Registry
  /** Deadline of unary calls whose caller sent none [10 s]. */
  readonly deadlineMs?: number
  /** Largest message taken or sent [4 MiB]. */
  readonly messageBytesMax?: number
  /** Serves grpc.reflection to callers with a certificate [off]. */
  readonly reflection?: boolean
  /** Answers grpc.health.v1 without a client certificate, for an orchestrator's probes [off]. */
  readonly healthWithoutCertificate?: boolean
  /** How long calls in progress may take at shutdown before they are cut [10 s]. */
  readonly drainMs?: number
}

export interface RunningGrpcService {
  /** `host:port` as bound. */
  readonly address: string
  /** Address of the ops server, when there is one. */
  readonly opsAddress: string | undefined
  /** Drains: not ready, streams ended, calls in progress finished or cut, sockets closed. Calling again is no error. */
  close(): Promise<void>
}

/**
 * Starts a gRPC server with mutual TLS, roles per method, deadlines, health, metrics and drain. Throws
 * ConfigurationError when an address cannot be bound.
 */
export async function startGrpcService(options: GrpcServiceOptions): Promise<RunningGrpcService> {
  const { name, logger } = options
  const registry = options.registry ?? createRegistry(name)
  const draining = new AbortController()
  // What it would print on standard error is thrown or logged here, as JSON.
  setLogVerbosity(logVerbosity.NONE)
  readCertificatesOnce()
  const server = new Server(serverOptions(options.messageBytesMax ?? 4 * 1024 * 1024))
  const endHealth = await addServices(server, options, registry, draining.signal)
  const address = await bind(server, options.address, options.tls)
  const ops = await serveOps(options.ops, registry, draining.signal).catch((error: unknown) => {
    server.forceShutdown()
    throw error
  })
  logger.info({ address, ops: ops?.address }, 'ready')

  const close = async () => {
    draining.abort()
    endHealth()
    await shutDown(server, options.drainMs ?? 10_000)
    await ops?.close()
    logger.info('stopped')
  }
  let closing: Promise<void> | undefined
  return {
    address,
    opsAddress: ops?.address,
    close() {
      closing ??= close()
      return closing
    },
  }
}

function serverOptions(messageBytesMax: number): ServerOptions {
  return {
    'grpc.max_receive_message_length': messageBytesMax,
    'grpc.max_send_message_length': messageBytesMax,
    'grpc.max_concurrent_streams': 1000,
    'grpc.keepalive_time_ms': 10_000,
    'grpc.keepalive_timeout_ms': 5000,
    // grpc-js 1.14 finds the connections to cut in forceShutdown by it; its service is not exposed.
    'grpc.enable_channelz': 1,
  }
}

async function addServices(server: Server, options: GrpcServiceOptions, registry: Registry, draining: AbortSignal) {
  const { logger, services, deadlineMs = 10_000 } = options
  const scope: ServerScope = { logger, metrics: createCallMetrics(registry), deadlineMs, draining }
  for (const service of services) {
    server.addService(service.definition as ServiceDefinition, implementation(service, scope))
  }
  const guarded = certificateRequired(server, logger)
  if (options.reflection) {
    const { addReflection } = await import('./reflection.ts')
    addReflection(
      guarded,
      services.flatMap(({ definition }) => serviceNames(definition)),
    )
  }
  return addHealth(options.healthWithoutCertificate ? server : guarded, services)
}

function bind(server: Server, address: string, tls: TlsMaterial): Promise<string> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, new MutualTlsCredentials(tls), (error, port) => {
      if (error) reject(cannotListen(address, error))
      else resolve(`${address.slice(0, address.lastIndexOf(':'))}:${port}`)
    })
  })
}

async function serveOps(ops: GrpcServiceOptions['ops'], registry: Registry, draining: AbortSignal) {
  if (!ops) return undefined
  const { ready = () => true } = ops
  return startOps({ ...ops, registry, ready: () => !draining.aborted && ready() })
}

/** tryShutdown alone can wait for ever on a call that does not end (grpc-node #1458, #1664). */
async function shutDown(server: Server, drainMs: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => {
      server.forceShutdown()
      resolve()
    }, drainMs)
    server.tryShutdown(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}
