import {
  ConfigurationError,
  type createRegistry,
  type Logger,
  type TlsMaterial,
  watchSpool,
} from '@gatehouse/grpc-service'
import { type AuditSinkSettings, openAuditSink } from './open-audit-sink.ts'
import { startShipper } from './shipper.ts'
import { openTrail, type Trail } from './trail.ts'

export interface ShippedTrailOptions extends AuditSinkSettings {
  readonly spoolDirectory: string
  /** `policy`, `token`, …: who writes the records. */
  readonly product: string
  /** Of the spool's files; small for who decides little. */
  readonly segmentBytes?: number
}

export interface ShippedTrail {
  readonly trail: Trail
  /** Ships what is there for some seconds, then lets go. */
  close(): Promise<void>
}

/**
 * The decision records of a service: its spool, watched by metrics, and what brings them to the ledger.
 * @throws ConfigurationError when the spool cannot be opened
 */
export async function openShippedTrail(
  options: ShippedTrailOptions,
  tls: TlsMaterial,
  registry: ReturnType<typeof createRegistry>,
  logger: Logger,
): Promise<ShippedTrail> {
  const { spoolDirectory: directory, node, product, segmentBytes } = options
  const trail = await openTrail({
    ...{ directory, node, product, ...(segmentBytes !== undefined && { segmentBytes }) },
    onFault: (err) => logger.error({ err }, 'the audit spool meets a fault'),
  }).catch((error: Error) => {
    throw new ConfigurationError(`the audit spool cannot be opened: ${error.message}`)
  })
  watchSpool(registry, trail.spool)
  const sink = openAuditSink(options, tls, logger)
  const onFailure = (err: unknown) => logger.warn({ err }, 'decision records wait to be shipped')
  const shipper = startShipper({ trail, sink, onFailure })
  return {
    trail,
    async close() {
      await shipper.close()
      await sink.close()
      await trail.close()
    },
  }
}
