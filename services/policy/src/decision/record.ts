import type { DecisionEntry } from '@gatehouse/audit-trail'
import type { Positions } from '@gatehouse/contracts/positions'
import { wireOf } from '@gatehouse/policy-engine'
import type { Question, Verdict } from './check.ts'

/** The record of a verdict. It is on disk before the caller is answered, whatever the operation says. */
export function recordOf(question: Question, verdict: Verdict, positions: Positions, requestId: string): DecisionEntry {
  const { match, principal, reason, views } = verdict
  const matched = match.kind === 'matched' ? match : undefined
  const { apiKey, client, subscription } = views
  const plan = subscription && match.environment?.plans.get(subscription.planId)
  return {
    timeMs: verdict.nowMs,
    requestId,
    allowed: reason === 'ok',
    reason,
    auditMode: 'before_response',
    method: question.method,
    path: verdict.path,
    clientIp: question.clientIp || undefined,
    statusCode: wireOf(reason).status,
    environmentId: match.environment?.environmentId,
    apiId: matched?.api.apiId ?? (match.kind === 'unmatched' ? match.apiId : undefined),
    operationId: matched?.operation.operationId,
    credentialId: principal?.credentialId,
    clientId: principal?.clientId,
    subscriptionId: principal?.subscriptionId,
    planId: subscription?.planId,
    authMethod: principal ? 'api_key' : 'none',
    scopes: principal?.scopes,
    credentialPosition: positions.credential,
    policyPosition: positions.policy,
    stalenessMs: Number.isFinite(verdict.stalenessMs) ? Math.round(verdict.stalenessMs) : undefined,
    apiKeyVersion: apiKey?.version,
    clientVersion: client?.version,
    subscriptionVersion: subscription?.version,
    environmentVersion: match.environment?.version,
    apiVersion: matched?.api.version,
    planVersion: plan?.version,
  }
}
