import { openShippedTrail } from '@gatehouse/audit-trail'
import { createLogPublisher, type EventLog, eventTopic } from '@gatehouse/bus'
import { EventLogServiceClient } from '@gatehouse/contracts/event_log/v1/event_log_service'
import type { EventSource } from '@gatehouse/contracts/events'
import { type ResolveReferenceTokenRequest, TokenServiceClient } from '@gatehouse/contracts/token/v1/token_service'
import { createAccessTokens, openDecisionState } from '@gatehouse/decision-state'
import { eventLogService, openPool, startOutboxRelay } from '@gatehouse/event-store'
import {
  cannotUsePostgres,
  createClient,
  createRegistry,
  type Logger,
  type Running,
  serviceTls,
  startGrpcService,
  watchOutbox,
} from '@gatehouse/grpc-service'
import { openReadModel, type ReadModel } from '@gatehouse/read-model'
import type { PolicyConfig } from './config.ts'
import { decisionService } from './grpc/decision-service.ts'
import { policyLogService, policyService } from './grpc/policy-service.ts'
import { resources } from './read/resources.ts'
import { openPolicyStore, type PolicyStore } from './store/policy-store.ts'

export { type PolicyConfig, readConfig } from './config.ts'

export interface RunningPolicyService extends Running {
  /** `host:port` of the gRPC server as bound. */
  readonly address: string
  readonly opsAddress: string | undefined
  /** Its log, for who follows it in the same process. */
  readonly log: EventLog
}

export interface PolicyParts {
  readonly logger: Logger
  /** The read model of this process, which the gateway in it fills; absent: as the settings say. */
  readonly model?: ReadModel | undefined
}

const migrations = new URL('./migrations/policy/', import.meta.url)

/** Starts the policy service. Throws ConfigurationError when a setting cannot be met. */
export async function startPolicy(
  config: PolicyConfig,
  { logger, model: shared }: PolicyParts,
): Promise<RunningPolicyService> {
  // Closed in the reverse order of opening, also when a later one does not open.
  await using opened = new AsyncDisposableStack()
  const tls = await serviceTls('policy', config)
  const pool = openPool({
    url: config.postgresUrl,
    applicationName: 'gatehouse policy',
    onError: (error) => logger.warn({ err: error }, 'a connection to Postgres was lost'),
  })
  opened.defer(() => pool.end())
  const store = await openPolicyStore(pool, migrations).catch(cannotUsePostgres)
  opened.defer(() => store.close())
  const registry = createRegistry('policy')
  const records = await openShippedTrail({ ...config, product: 'policy' }, tls, registry, logger)
  opened.defer(() => records.close())
  const { trail } = records
  const kafka = config.kafkaBrokers.length > 0 ? startKafka(config, store, registry, logger) : undefined
  if (kafka) opened.defer(kafka.close)
  const connect = (address: string, peer: string) => createClient(EventLogServiceClient, { address, tls, peer })
  const credentialLog = connect(config.credentialAddress, 'credential')
  opened.defer(() => credentialLog.close())
  const tokenLog = connect(config.tokenAddress, 'token')
  opened.defer(() => tokenLog.close())
  const log = eventLogService(store)
  const model = shared ?? openReadModel(config, (err) => logger.warn({ err }, 'the read model is away'))
  if (!shared) opened.defer(() => model.close())
  const state = openDecisionState({
    model,
    logs: { credential: credentialLog, policy: log, token: tokenLog },
    ...(kafka && { kafka: kafka.topicOf }),
    ...{ cacheBytesMax: config.cacheBytes, fedElsewhere: shared !== undefined, logger },
  })
  opened.defer(() => state.close())
  const tokenService = createClient(TokenServiceClient, { address: config.tokenAddress, tls, peer: 'token' })
  opened.defer(() => tokenService.close())
  const resolve = (request: ResolveReferenceTokenRequest) => tokenService.resolveReferenceToken(request)
  const accessTokens = createAccessTokens({ state, views: state.credentials, resolve })
  const dependencies = { store, read: resources(pool) }
  const server = await startGrpcService({
    ...{ name: 'policy', address: config.address, tls, logger, registry },
    reflection: config.reflection,
    healthWithoutCertificate: config.healthWithoutCertificate,
    services: [
      policyService(dependencies),
      policyLogService(dependencies),
      decisionService({ state, accessTokens, trail, logger }),
    ],
    ops: { port: config.opsPort, host: config.opsHost, ready: () => store.head().then(() => true) },
  })
  opened.defer(() => server.close())
  const closing = opened.move()
  return {
    address: server.address,
    opsAddress: server.opsAddress,
    log,
    close: () => closing.disposeAsync(),
  }
}

/** Kafka need not be there at the start: events wait for it where they are safe. */
function startKafka(
  { kafkaBrokers: brokers, topicPrefix, node }: PolicyConfig,
  store: PolicyStore,
  registry: ReturnType<typeof createRegistry>,
  logger: Logger,
) {
  const address = { brokers, clientId: node }
  const publisher = createLogPublisher({ ...address, source: 'policy', topicPrefix, logger })
  const onError = (error: unknown) => logger.warn({ err: error }, 'events wait to be published')
  const relay = startOutboxRelay({ store, publisher, onError })
  watchOutbox(registry, store, relay)
  return {
    topicOf: (source: EventSource) => ({ ...address, topic: eventTopic(source, topicPrefix) }),
    async close() {
      await relay.close()
      await publisher.close()
    },
  }
}
