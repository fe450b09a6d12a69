import { randomUUID } from 'node:crypto'
import { GatehouseError, type StatusName } from '@gatehouse/errors'
import { Metadata, type ServiceError, status } from '@grpc/grpc-js'
import type { Logger } from './logger.ts'
import { decodeStatusDetails, encodeStatus } from './status-details.ts'

const domain = 'gatehouse'
const detailsKey = 'grpc-status-details-bin'

/** The status an error is answered with. What is not a GatehouseError is told to the log alone, under an error id. */
export function toServiceError(error: unknown, logger: Logger): ServiceError {
  const known = error instanceof GatehouseError ? error : hidden(error, logger)
  const code = status[known.status]
  const metadata = new Metadata()
  metadata.set(detailsKey, Buffer.from(encodeStatus(code, known.message, { ...known, domain })))
  return Object.assign(new Error(known.message), { code, details: known.message, metadata })
}

function hidden(error: unknown, logger: Logger): GatehouseError {
  const errorId = randomUUID()
  logger.error({ err: error, error_id: errorId }, 'internal error')
  return new GatehouseError('INTERNAL', {
    reason: 'INTERNAL',
    message: `internal error ${errorId}`,
    metadata: { error_id: errorId },
  })
}

/** The error a peer answered, with what its details say. Answers of the transport itself carry reason `TRANSPORT`. */
export function fromServiceError(error: ServiceError): GatehouseError {
  const [bytes] = error.metadata?.get(detailsKey) ?? []
  const details = bytes instanceof Uint8Array ? decodeStatusDetails(bytes) : undefined
  return new GatehouseError(statusName(error.code), {
    reason: details?.reason ?? 'TRANSPORT',
    message: error.details || error.message,
    cause: error,
    ...(details && { metadata: details.metadata, violations: details.violations }),
    ...(details?.retryAfterMs !== undefined && { retryAfterMs: details.retryAfterMs }),
  })
}

const statusNames: ReadonlyMap<number, StatusName> = new Map([
  [status.CANCELLED, 'UNAVAILABLE'],
  [status.INVALID_ARGUMENT, 'INVALID_ARGUMENT'],
  [status.DEADLINE_EXCEEDED, 'DEADLINE_EXCEEDED'],
  [status.NOT_FOUND, 'NOT_FOUND'],
  [status.ALREADY_EXISTS, 'ALREADY_EXISTS'],
  [status.PERMISSION_DENIED, 'PERMISSION_DENIED'],
  [status.RESOURCE_EXHAUSTED, 'RESOURCE_EXHAUSTED'],
  [status.FAILED_PRECONDITION, 'FAILED_PRECONDITION'],
  [status.ABORTED, 'ABORTED'],
  [status.UNIMPLEMENTED, 'UNIMPLEMENTED'],
  [status.UNAVAILABLE, 'UNAVAILABLE'],
  [status.UNAUTHENTICATED, 'UNAUTHENTICATED'],
])

function statusName(code: number): StatusName {
  return statusNames.get(code) ?? 'INTERNAL'
}
