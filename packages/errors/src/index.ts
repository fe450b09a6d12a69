/** The gRPC status names that services answer with (google.rpc.Code). */
export type StatusName =
  | 'INVALID_ARGUMENT'
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'FAILED_PRECONDITION'
  | 'ABORTED'
  | 'PERMISSION_DENIED'
  | 'UNAUTHENTICATED'
  | 'RESOURCE_EXHAUSTED'
  | 'UNAVAILABLE'
  | 'DEADLINE_EXCEEDED'
  | 'UNIMPLEMENTED'
  | 'INTERNAL'

/** One field of a request that is wrong: its proto path (`restrictions.cidrs[2]`) and what is expected of it. */
export interface FieldViolation {
  readonly field: string
  readonly description: string
}

interface Details {
  /** UPPER_SNAKE, stable: callers branch on it (google.rpc.ErrorInfo `reason`). */
  readonly reason: string
  readonly message: string
  readonly metadata?: Readonly<Record<string, string>>
  readonly violations?: readonly FieldViolation[]
  readonly retryAfterMs?: number
  readonly cause?: unknown
}

/** An error whose status, reason and message may be shown to the caller. Everything else becomes INTERNAL at the border. */
export class GatehouseError extends Error {
  override readonly name = 'GatehouseError'
  readonly status: StatusName
  readonly reason: string
  readonly metadata: Readonly<Record<string, string>>
  readonly violations: readonly FieldViolation[]
  readonly retryAfterMs: number | undefined

  constructor(status: StatusName, { reason, message, metadata, violations, retryAfterMs, cause }: Details) {
    super(message, { cause })
    this.status = status
    this.reason = reason
    this.metadata = metadata ?? {}
    this.violations = violations ?? []
    this.retryAfterMs = retryAfterMs
  }
}

/** The request is wrong whatever the state: every violation is named at once. */
export function invalidArgument(violations: readonly FieldViolation[]): GatehouseError {
  const message = violations.map(({ field, description }) => `${field}: ${description}`).join('; ')
  return new GatehouseError('INVALID_ARGUMENT', { reason: 'INVALID_FIELD', message, violations })
}

/** `resource` is a noun of the domain (`api_key`), `id` what was asked for. */
export function notFound(resource: string, id: string): GatehouseError {
  const reason = `${resource.toUpperCase()}_NOT_FOUND`
  return new GatehouseError('NOT_FOUND', { reason, message: `${resource} ${id} does not exist`, metadata: { id } })
}

export function alreadyExists(resource: string, id: string): GatehouseError {
  const reason = `${resource.toUpperCase()}_EXISTS`
  return new GatehouseError('ALREADY_EXISTS', { reason, message: `${resource} ${id} exists`, metadata: { id } })
}

/** The state does not allow the command; trying again without a change of state is useless. */
export function failedPrecondition(reason: string, message: string): GatehouseError {
  return new GatehouseError('FAILED_PRECONDITION', { reason, message })
}

/** The stream is not at the version that the caller expected. */
export function versionConflict(stream: string, expected: bigint, actual: bigint): GatehouseError {
  return new GatehouseError('ABORTED', {
    reason: 'VERSION_CONFLICT',
    message: `${stream} is at version ${actual}, not ${expected}`,
    metadata: { stream, expected: String(expected), actual: String(actual) },
  })
}

/** It cannot be known or done at the moment; the same call may succeed later. */
export function unavailable(reason: string, message: string, cause?: unknown): GatehouseError {
  return new GatehouseError('UNAVAILABLE', { reason, message, cause })
}
