import { openPool, startOutboxRelay } from '@gatehouse/event-store'
import { type Logger, type Running, serviceTls, startGrpcService } from '@gatehouse/grpc-service'
import type { CredentialConfig } from './config.ts'
import { credentialLogService, credentialService } from './grpc/credential-service.ts'
import { readTables } from './read/read-tables.ts'
import { openCredentialStore } from './store/credential-store.ts'
import { kafkaPublisher } from './store/kafka-publisher.ts'

export { type CredentialConfig, readConfig } from './config.ts'

export interface RunningCredentialService extends Running {
  /** `host:port` of the gRPC server, as bound. */
  readonly address: string
  readonly opsAddress: string | undefined
}

/**
 * Starts the credential service: its tables, the outbox relay where Kafka is configured, and the gRPC server.
 * @throws ConfigurationError when an address cannot be bound; the driver's error when Postgres cannot be reached
 */
export async function startCredential(
  config: CredentialConfig,
  { logger }: { readonly logger: Logger },
): Promise<RunningCredentialService> {
  const tls = await serviceTls('credential', config)
  const onError = (error: unknown) => logger.warn({ err: error }, 'postgres connection lost')
  const pool = openPool({ url: config.postgresUrl, applicationName: 'gatehouse credential', onError })
  const closing: (() => Promise<unknown>)[] = [() => pool.end()]
  const close = async () => {
    for (const end of closing.splice(0).reverse()) await end()
  }
  try {
    const store = await openCredentialStore(pool, new URL('./migrations/credential-read/', import.meta.url))
    closing.push(store.close)
    if (config.kafkaBrokers.length > 0) {
      const publisher = kafkaPublisher(config, logger)
      const relay = startOutboxRelay({
        ...{ store, publisher },
        onError: (error) => logger.warn({ err: error }, 'outbox relay failed, tries again'),
      })
      closing.push(publisher.close, () => relay.close())
    }
    const dependencies = { store, read: readTables(pool) }
    const server = await startGrpcService({
      ...{ name: 'credential', address: config.address, tls, logger },
      services: [credentialService(dependencies), credentialLogService(dependencies)],
      ops: { port: config.opsPort, ready: () => store.head().then(() => true) },
      reflection: config.reflection,
      healthWithoutCertificate: config.healthWithoutCertificate,
    })
    closing.push(server.close)
    return { address: server.address, opsAddress: server.opsAddress, close }
  } catch (error) {
    await close()
    throw error
  }
}
