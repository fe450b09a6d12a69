import { createLogPublisher, type EventLog } from '@gatehouse/bus'
import { eventLogService, openPool, startOutboxRelay } from '@gatehouse/event-store'
import {
  cannotUsePostgres,
  createRegistry,
  type Logger,
  type Running,
  serviceTls,
  startGrpcService,
  watchOutbox,
} from '@gatehouse/grpc-service'
import type { CredentialConfig } from './config.ts'
import { clientRegistrationService } from './dynamic/client-registration-service.ts'
import { credentialLogService, credentialService } from './grpc/credential-service.ts'
import { readTables } from './read/read-tables.ts'
import { openCredentialStore } from './store/credential-store.ts'

export { type CredentialConfig, readConfig } from './config.ts'

export interface RunningCredentialService extends Running {
  /** `host:port` of the gRPC server, as bound. */
  readonly address: string
  readonly opsAddress: string | undefined
  /** Its log, for who follows it in the same process. */
  readonly log: EventLog
}

const migrations = new URL('./migrations/credential-read/', import.meta.url)

/**
 * Starts the credential service: its tables, the outbox relay where Kafka is configured, and the gRPC server.
 * @throws ConfigurationError when an address cannot be bound or Postgres cannot be used
 */
export async function startCredential(
  config: CredentialConfig,
  { logger }: { readonly logger: Logger },
): Promise<RunningCredentialService> {
  // Closed in the reverse order of opening, also when a later one does not open.
  await using opened = new AsyncDisposableStack()
  const tls = await serviceTls('credential', config)
  const pool = openPool({
    url: config.postgresUrl,
    applicationName: 'gatehouse credential',
    onError: (error) => logger.warn({ err: error }, 'a connection to Postgres was lost'),
  })
  opened.defer(() => pool.end())
  const store = await openCredentialStore(pool, migrations).catch(cannotUsePostgres)
  opened.defer(() => store.close())
  const registry = createRegistry('credential')
  if (config.kafkaBrokers.length > 0) {
    const { kafkaBrokers: brokers, topicPrefix } = config
    const address = { brokers, clientId: 'gatehouse-credential' }
    const publisher = createLogPublisher({ ...address, source: 'credential', topicPrefix, logger })
    opened.defer(() => publisher.close())
    const onError = (error: unknown) => logger.warn({ err: error }, 'events wait to be published')
    const relay = startOutboxRelay({ store, publisher, onError })
    opened.defer(() => relay.close())
    watchOutbox(registry, store, relay)
  }
  const dependencies = { store, read: readTables(pool) }
  const server = await startGrpcService({
    ...{ name: 'credential', address: config.address, tls, logger, registry },
    services: [
      credentialService(dependencies),
      clientRegistrationService(dependencies),
      credentialLogService(dependencies),
    ],
    ops: { port: config.opsPort, host: config.opsHost, ready: () => store.head().then(() => true) },
    reflection: config.reflection,
    healthWithoutCertificate: config.healthWithoutCertificate,
  })
  opened.defer(() => server.close())
  const closing = opened.move()
  const { address, opsAddress } = server
  return { address, opsAddress, log: eventLogService(store), close: () => closing.disposeAsync() }
}
