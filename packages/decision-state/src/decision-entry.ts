import type { DecisionEntry } from '@gatehouse/audit-trail'
import type { Positions } from '@gatehouse/contracts/positions'
import type { CredentialViews, Match, Principal, Reason } from '@gatehouse/policy-engine'

/** What a record says of the request itself, which only who took it knows. */
export type RecordedRequest = Pick<
  DecisionEntry,
  | 'timeMs'
  | 'requestId'
  | 'auditMode'
  | 'method'
  | 'host'
  | 'path'
  | 'clientIp'
  | 'userAgent'
  | 'statusCode'
  | 'durationUs'
  | 'rateLimit'
  | 'rateRemaining'
  | 'rateResetMs'
>

/** What was decided, and on which facts. */
export interface Decided {
  readonly reason: Reason
  readonly match: Match
  readonly principal: Principal | undefined
  readonly views: CredentialViews
  readonly stalenessMs: number
}

/**
 * The record of a decision, whoever took it: it names the versions of all facts that were read. One literal, since
 * spreading one part into the other costs 0.7 µs more for every request.
 */
export function decisionEntry(request: RecordedRequest, decided: Decided, positions: Positions): DecisionEntry {
  const { reason, match, principal, views, stalenessMs } = decided
  const matched = match.kind === 'matched' ? match : undefined
  const { apiKey, client, subscription } = views
  const { environment } = match
  const plan = subscription && environment?.plans.get(subscription.planId)
  return {
    timeMs: request.timeMs,
    requestId: request.requestId,
    allowed: reason === 'ok',
    reason,
    auditMode: request.auditMode,
    method: request.method,
    host: request.host,
    path: request.path,
    clientIp: request.clientIp,
    userAgent: request.userAgent,
    statusCode: request.statusCode,
    durationUs: request.durationUs,
    environmentId: environment?.environmentId,
    apiId: match.kind === 'matched' ? match.api.apiId : match.apiId,
    operationId: matched?.operation.operationId,
    credentialId: principal?.credentialId,
    clientId: principal?.clientId,
    userId: principal?.userId,
    tokenId: principal?.tokenId,
    grantId: principal?.grantId,
    subscriptionId: principal?.subscriptionId,
    planId: subscription?.planId,
    authMethod: principal?.authMethod ?? 'none',
    scopes: principal?.scopes,
    credentialPosition: positions.credential,
    policyPosition: positions.policy,
    tokenPosition: positions.token,
    stalenessMs: Number.isFinite(stalenessMs) ? Math.round(stalenessMs) : undefined,
    apiKeyVersion: apiKey?.version,
    clientVersion: client?.version,
    subscriptionVersion: subscription?.version,
    environmentVersion: environment?.version,
    apiVersion: matched?.api.version,
    planVersion: plan?.version,
    rateLimit: request.rateLimit,
    rateRemaining: request.rateRemaining,
    rateResetMs: request.rateResetMs,
  }
}
