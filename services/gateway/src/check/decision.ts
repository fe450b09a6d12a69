import type { DecisionEntry } from '@gatehouse/audit-trail'
import type { CredentialViews, Principal, Reason } from '@gatehouse/policy-engine'
import { wireOf } from '@gatehouse/policy-engine'
import type { Consumption } from '../counters/counters.ts'
import { repeated } from '../http1/exchange.ts'
import type { Inquiry } from './inquiry.ts'
import type { State } from './state.ts'

/** What was decided, with the views it was decided on. */
export interface Verdict {
  readonly reason: Reason
  readonly principal: Principal | undefined
  readonly views: CredentialViews
  readonly consumption: Consumption | undefined
}

/** The record of a verdict. The status of an allowed request is not known yet: the upstream says it. */
export function recordOf(inquiry: Inquiry, verdict: Verdict, state: State): DecisionEntry {
  const { exchange, match } = inquiry
  const { reason, principal, views, consumption } = verdict
  const matched = match.kind === 'matched' ? match : undefined
  const positions = state.positions()
  const userAgent = exchange.header('user-agent')
  const subscription = views.subscription
  const plan = subscription && match.environment?.plans.get(subscription.planId)
  return {
    timeMs: inquiry.nowMs,
    requestId: inquiry.requestId,
    allowed: reason === 'ok',
    reason,
    auditMode: match.enforcement.auditMode,
    method: exchange.method,
    host: exchange.host,
    path: inquiry.path,
    clientIp: exchange.clientAddress,
    userAgent: userAgent === repeated ? undefined : userAgent,
    statusCode: reason === 'ok' ? undefined : wireOf(reason).status,
    durationUs: Math.round((performance.now() - exchange.receivedAtMs) * 1000),
    environmentId: match.environment?.environmentId,
    apiId: matched?.api.apiId ?? (match.kind === 'unmatched' && match.reason !== 'no_api' ? match.apiId : undefined),
    operationId: matched?.operation.operationId,
    credentialId: principal?.credentialId,
    clientId: principal?.clientId,
    userId: undefined,
    subscriptionId: principal?.subscriptionId,
    planId: subscription?.planId,
    authMethod: principal ? 'api_key' : 'none',
    scopes: principal?.scopes,
    credentialPosition: positions.credential,
    policyPosition: positions.policy,
    stalenessMs: Number.isFinite(inquiry.stalenessMs) ? Math.round(inquiry.stalenessMs) : undefined,
    apiKeyVersion: views.apiKey?.version,
    clientVersion: views.client?.version,
    subscriptionVersion: subscription?.version,
    environmentVersion: match.environment?.version,
    apiVersion: matched?.api.version,
    planVersion: plan?.version,
    rateLimit: consumption?.limit.burst,
    rateRemaining: consumption?.answer.remaining,
    rateResetMs: consumption?.answer.resetMs,
  }
}
