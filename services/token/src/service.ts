import { openShippedTrail } from '@gatehouse/audit-trail'
import { createLogPublisher, type EventLog, eventTopic } from '@gatehouse/bus'
import { EventLogServiceClient } from '@gatehouse/contracts/event_log/v1/event_log_service'
import type { EventSource } from '@gatehouse/contracts/events'
import { createVerificationKeys, type DecisionState, openDecisionState } from '@gatehouse/decision-state'
import { eventLogService, openPool, startOutboxRelay } from '@gatehouse/event-store'
import {
  ConfigurationError,
  cannotUsePostgres,
  createClient,
  createRegistry,
  type Logger,
  type Running,
  serviceTls,
  startGrpcService,
  type TlsMaterial,
  watchOutbox,
} from '@gatehouse/grpc-service'
import { openReadModel, type ReadModel } from '@gatehouse/read-model'
import { createTokenVerifier } from '@gatehouse/token-verifier'
import { createAuthorize } from './authorize/authorize-parts.ts'
import { type Calls, createCalls } from './calls.ts'
import type { TokenConfig } from './config.ts'
import { authorizationService } from './grpc/authorization-service.ts'
import { tokenAdminService } from './grpc/token-admin-service.ts'
import { tokenLogService, tokenService } from './grpc/token-service.ts'
import { createHandles } from './keys/handles.ts'
import { fileKeyEncryption } from './keys/key-encryption.ts'
import { startKeyRotation } from './keys/key-rotation.ts'
import { derivedKeys, type SealedKeys, sealedKeys } from './keys/sealed-keys.ts'
import { createSigningKeys } from './keys/signing-keys.ts'
import { readGrants } from './read/grants.ts'
import { startHousekeeping } from './read/housekeeping.ts'
import { createViews } from './read/views.ts'
import { createSignIn } from './sign-in/sign-in-parts.ts'
import { startSignOutWorker } from './sign-out/sign-out-worker.ts'
import { createSignOuts } from './sign-out/sign-outs.ts'
import { openTokenStore, type TokenStore } from './store/token-store.ts'

export type { Calls } from './calls.ts'
export { readConfig, type TokenConfig } from './config.ts'

export interface RunningTokenService extends Running {
  /** `host:port` of the gRPC server, as bound. */
  readonly address: string
  readonly opsAddress: string | undefined
  /** Its log, for who follows it in the same process. */
  readonly log: EventLog
  /** What the gateway asks, for a gateway in the same process. */
  readonly calls: Calls
}

export interface TokenParts {
  readonly logger: Logger
  /** The read model of this process, which the gateway in it fills; absent: as the settings say. */
  readonly model?: ReadModel | undefined
}

const migrations = new URL('./migrations/token/', import.meta.url)

/**
 * Starts the token service: its tables, signing keys, the outbox relay where Kafka is configured, the gRPC server.
 * @throws ConfigurationError when an address cannot be bound, Postgres or the key-encryption key cannot be used
 */
export async function startToken(config: TokenConfig, { logger, model }: TokenParts): Promise<RunningTokenService> {
  // Closed in the reverse order of opening, also when a later one does not open.
  await using opened = new AsyncDisposableStack()
  const tls = await serviceTls('token', config)
  const encryption = await fileKeyEncryption(config.keyEncryptionKeyFile)
  const pool = openPool({
    url: config.postgresUrl,
    applicationName: 'gatehouse token',
    onError: (error) => logger.warn({ err: error }, 'a connection to Postgres was lost'),
  })
  opened.defer(() => pool.end())
  const store = await openTokenStore(pool, migrations).catch(cannotUsePostgres)
  opened.defer(() => store.close())
  const housekeeping = await startHousekeeping(pool, (err) =>
    logger.warn({ err }, 'rows that are of no use any more could not be dropped'),
  )
  opened.defer(() => housekeeping.close())
  const registry = createRegistry('token')
  // Of what internal services ask; those of the gateway's answers are the gateway's.
  const records = await openShippedTrail({ ...config, product: 'token' }, tls, registry, logger)
  opened.defer(() => records.close())
  const { trail } = records
  const kafka = config.kafkaBrokers.length > 0 ? startKafka(config, store, registry, logger) : undefined
  if (kafka) opened.defer(kafka.close)
  const log = eventLogService(store)
  const state = openState(config, tls, log, kafka?.topicOf, { logger, model }, opened)
  const sealed = sealedKeys(pool, encryption)
  const derived = await derivedKeys(sealed).catch((error: Error) => {
    throw new ConfigurationError(`the key-encryption key does not open what is in the database: ${error.message}`)
  })
  const rotation = keepKeys(config, state, store, sealed, logger)
  opened.defer(() => rotation.close())
  const keys = createSigningKeys(state, sealed, rotation.makeMissing)
  const signIn = createSignIn({
    ...{ pool, key: derived('sign_in'), secretsDir: config.secretsDir },
    onProviderFault: (providerId, err) => logger.warn({ err, providerId }, 'a user could not be signed in there'),
  })
  const handles = createHandles(derived('handle'))
  const authorize = createAuthorize({ pool, key: derived('interaction') })
  const tokens = { verifier: createTokenVerifier(), verificationKey: createVerificationKeys(state) }
  const reading = { views: createViews(state), grants: readGrants(pool) }
  const warn = (err: unknown) => logger.warn({ err }, 'what a sign-out brings about is done later')
  const signOuts = createSignOuts({ state, store, signIn, ...reading }, warn)
  const parts = { state, store, sealed, keys, handles, signIn, signOuts, authorize, ...reading, ...tokens }
  const worker = startSignOutWorker(parts, {
    onError: warn,
    onGivenUp: ({ clientId, sessionId }, err) =>
      logger.warn({ err, clientId, sessionId }, 'a client could not be told that a session is over'),
  })
  opened.defer(() => worker.close())
  const calls = createCalls(parts)
  const server = await startGrpcService({
    ...{ name: 'token', address: config.address, tls, logger, registry },
    services: [
      ...[tokenService(calls, { trail, state }), authorizationService(calls)],
      ...[tokenAdminService(parts), tokenLogService(store)],
    ],
    ops: { port: config.opsPort, host: config.opsHost, ready: () => store.head().then(() => true) },
    reflection: config.reflection,
    healthWithoutCertificate: config.healthWithoutCertificate,
  })
  opened.defer(() => server.close())
  const closing = opened.move()
  const { address, opsAddress } = server
  return { address, opsAddress, log, calls, close: () => closing.disposeAsync() }
}

function keepKeys(
  { jwksCacheSeconds }: TokenConfig,
  state: DecisionState,
  store: TokenStore,
  sealed: SealedKeys,
  logger: Logger,
) {
  const rotation = startKeyRotation({
    ...{ store, sealed, policy: state.policy },
    publishedMs: jwksCacheSeconds * 1000,
    onError: (err) => logger.error({ err }, 'signing keys could not be looked after'),
  })
  return {
    ...rotation,
    /** Resolves when what was made is in force here too. */
    async makeMissing() {
      await rotation.maintain()
      await state.waitFor({ token: await store.head() }, 2000)
    },
  }
}

function openState(
  config: TokenConfig,
  tls: TlsMaterial,
  log: EventLog,
  kafka: ((source: EventSource) => { readonly brokers: readonly string[]; readonly topic: string }) | undefined,
  { logger, model: shared }: TokenParts,
  opened: AsyncDisposableStack,
): DecisionState {
  const connect = (address: string, peer: string) => {
    const client = createClient(EventLogServiceClient, { address, tls, peer })
    opened.defer(() => client.close())
    return client
  }
  const logs = {
    credential: connect(config.credentialAddress, 'credential'),
    policy: connect(config.policyAddress, 'policy'),
    token: log,
  }
  const model = shared ?? openReadModel(config, (err) => logger.warn({ err }, 'the read model is away'))
  if (!shared) opened.defer(() => model.close())
  const state = openDecisionState({
    ...{ model, logs, ...(kafka && { kafka }) },
    ...{ cacheBytesMax: config.cacheBytes, fedElsewhere: shared !== undefined, logger },
  })
  opened.defer(() => state.close())
  return state
}

/** Kafka need not be there at the start: events wait for it where they are safe. */
function startKafka(
  { kafkaBrokers: brokers, topicPrefix, node }: TokenConfig,
  store: TokenStore,
  registry: ReturnType<typeof createRegistry>,
  logger: Logger,
) {
  const address = { brokers, clientId: node }
  const publisher = createLogPublisher({ ...address, source: 'token', topicPrefix, logger })
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
