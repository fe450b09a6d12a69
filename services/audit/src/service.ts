import { join } from 'node:path'
import type { StoredRecord } from '@gatehouse/contracts/audit/v1/decision_record'
import { CredentialServiceClient } from '@gatehouse/contracts/credential/v1/credential_service'
import { migrate, openPool } from '@gatehouse/event-store'
import {
  cannotUsePostgres,
  createClient,
  createRegistry,
  type Logger,
  type Running,
  serviceTls,
  startGrpcService,
} from '@gatehouse/grpc-service'
import { startApiKeyUseReporter } from './api-key-use.ts'
import type { AuditConfig } from './config.ts'
import { auditService } from './grpc/audit-service.ts'
import { ledgerService } from './grpc/ledger-service.ts'
import { startKafkaIntake } from './kafka-intake.ts'
import { createLedgerMetrics } from './ledger-metrics.ts'
import { openLedgerSigner } from './ledger-signer.ts'
import { countMissing } from './read/completeness.ts'
import { openTail } from './read/tail.ts'
import { startRetention } from './retention.ts'
import { openLedger } from './store/ledger.ts'

import { startTreeGrowth } from './tree-growth.ts'

export { type AuditConfig, readConfig } from './config.ts'

export interface RunningAuditService extends Running {
  /** `host:port` of the gRPC server, as bound. */
  readonly address: string
  readonly opsAddress: string | undefined
  /** Takes records that this very process decided on; resolves once they are committed. What came before changes nothing. */
  ingest(records: readonly StoredRecord[]): Promise<void>
}

const migrations = new URL('./migrations/audit/', import.meta.url)

/**
 * Starts the audit service: its tables, the intake from Kafka where brokers are configured, and the gRPC server.
 * @throws ConfigurationError when an address cannot be bound or Postgres cannot be used
 */
export async function startAudit(
  config: AuditConfig,
  { logger }: { readonly logger: Logger },
): Promise<RunningAuditService> {
  // Closed in the reverse order of opening, also when a later one does not open.
  await using opened = new AsyncDisposableStack()
  const tls = await serviceTls('audit', config)
  const onError = (error: unknown) => logger.warn({ err: error }, 'postgres connection lost')
  const pool = openPool({ url: config.postgresUrl, applicationName: 'gatehouse audit', onError })
  opened.defer(() => pool.end())
  await migrate(pool, 'audit', [migrations]).catch(cannotUsePostgres)
  const retention = startRetention({ pool, days: config.retentionDays, logger })
  opened.defer(() => retention.close())
  const credential = createClient(CredentialServiceClient, {
    address: config.credentialAddress,
    tls,
    peer: 'credential',
  })
  opened.defer(() => credential.close())
  const uses = startApiKeyUseReporter((request) => credential.recordApiKeyUse(request), logger)
  opened.defer(() => uses.close())
  const tail = openTail(pool)
  opened.defer(() => tail.close())
  const signer = await openLedgerSigner(
    config.ledgerKeyFile ?? join(config.dataDir, 'keys', 'ledger-key.pem'),
    config.ledgerOrigin,
  )
  const growth = startTreeGrowth(pool, logger)
  opened.defer(() => growth.close())
  const registry = createRegistry('audit')
  const metrics = createLedgerMetrics(registry, () => countMissing(pool))
  const ledger = openLedger({
    pool,
    onAppended(appended, decisions) {
      metrics.appended(appended)
      tail.appended()
      growth.appended()
      uses.note(decisions)
    },
  })
  if (config.kafkaBrokers.length > 0) {
    const { kafkaBrokers: brokers, topicPrefix } = config
    const intake = startKafkaIntake({ brokers, topicPrefix, ledger, logger })
    opened.defer(() => intake.close())
    // Left unhandled on purpose: `runMain` ends the process on it.
    void intake.finished.then(() => undefined)
  }
  const server = await startGrpcService({
    ...{ name: 'audit', address: config.address, tls, logger, registry },
    services: [auditService({ pool, ledger, tail }), ledgerService({ pool, growth, signer })],
    ops: {
      port: config.opsPort,
      host: config.opsHost,
      ready: () => pool.query('SELECT FROM audit.ledger_head').then(() => true),
    },
    reflection: config.reflection,
    healthWithoutCertificate: config.healthWithoutCertificate,
  })
  opened.defer(() => server.close())
  const closing = opened.move()
  return {
    address: server.address,
    opsAddress: server.opsAddress,
    ingest: async (records) => void (await ledger.append({ records, source: 'this process' })),
    close: () => closing.disposeAsync(),
  }
}
