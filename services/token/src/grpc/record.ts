import { type DecisionEntry, type Trail, writeRecord } from '@gatehouse/audit-trail'
import type { Endpoint, Facts } from '@gatehouse/contracts/token/v1/token_service'
import type { DecisionState } from '@gatehouse/decision-state'
import type { CallContext } from '@gatehouse/grpc-service'

export interface RecordParts {
  readonly trail: Trail
  readonly state: DecisionState
}

/** A call whose answer is a decision. */
interface DecidedRequest {
  readonly endpoint?: Endpoint | undefined
}
interface DecidedResponse {
  readonly facts?: Facts | undefined
}

/**
 * Puts the answers of a method on record before they are given. Not those to the gateway: it records what it answers
 * itself, with the same facts, so each answer has one record.
 */
export function recorded<Request extends DecidedRequest, Response extends DecidedResponse>(
  parts: RecordParts,
  operation: string,
  call: (request: Request) => Promise<Response>,
) {
  return async (request: Request, context: CallContext): Promise<Response> => {
    const response = await call(request)
    if (context.caller !== 'gateway')
      await writeRecord(parts.trail, entryOf(parts, operation, request, response, context))
    return response
  }
}

function entryOf(
  { state }: RecordParts,
  operation: string,
  { endpoint }: DecidedRequest,
  { facts }: DecidedResponse,
  { requestId }: CallContext,
): DecisionEntry {
  const positions = state.positions() ?? {}
  const stalenessMs = state.stalenessMs()
  return {
    timeMs: Date.now(),
    requestId: endpoint?.requestId || requestId,
    allowed: facts?.reason === 'ok',
    reason: facts?.reason || 'internal_error',
    auditMode: 'before_response',
    clientIp: endpoint?.clientIp || undefined,
    environmentId: endpoint?.environmentId || undefined,
    apiId: facts?.apiId || undefined,
    operationId: `oauth2.${operation}`,
    credentialId: facts?.credentialId || undefined,
    clientId: facts?.clientId || undefined,
    userId: facts?.userId || undefined,
    subscriptionId: facts?.subscriptionId || undefined,
    scopes: facts?.scopes,
    tokenId: facts?.tokenId || undefined,
    grantId: facts?.grantId || undefined,
    grantType: facts?.grantType || undefined,
    credentialPosition: positions.credential,
    policyPosition: positions.policy,
    tokenPosition: positions.token,
    stalenessMs: Number.isFinite(stalenessMs) ? Math.round(stalenessMs) : undefined,
  }
}
