import { commandIdentity, type Mutation } from '@gatehouse/event-store'
import type { CallContext } from '@gatehouse/grpc-service'
import { Violations } from '../domain/violations.ts'

interface MutatingRequest {
  readonly requestId: string
  readonly expectedVersion?: bigint | undefined
}

/**
 * Who asks what, for `handleCommand`.
 * @throws INVALID_ARGUMENT for a request id or expected version that is none
 */
export function identify<Request extends MutatingRequest, Response>(
  mutation: Mutation<Request, Response>,
  request: Request,
  context: CallContext,
) {
  const { requestId, expectedVersion } = request
  const violations = new Violations()
  violations.require(/^[!-~]{1,128}$/.test(requestId), 'request_id', 'must be 1 to 128 printable ASCII characters')
  violations.require((expectedVersion ?? 0n) >= 0n, 'expected_version', 'must not be negative')
  violations.throwIfAny()
  return commandIdentity(mutation, request, context)
}
