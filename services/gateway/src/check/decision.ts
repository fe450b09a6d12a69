import type { DecisionEntry } from '@gatehouse/audit-trail'
import { decisionEntry, type RecordedRequest } from '@gatehouse/decision-state'
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
  /** What the upstream is shown in the place of the client's `Authorization`. */
  readonly authorization?: string | undefined
  /** What the client is to put into its next proof. */
  readonly dpopNonce?: string | undefined
}

/** The record of a verdict. The status of an allowed request is not known yet: the upstream says it. */
export function recordOf(inquiry: Inquiry, verdict: Verdict, state: State): DecisionEntry {
  const { exchange, match, stalenessMs } = inquiry
  const { reason, principal, views, consumption } = verdict
  const userAgent = exchange.header('user-agent')
  const request: RecordedRequest = {
    timeMs: inquiry.nowMs,
    requestId: inquiry.requestId,
    auditMode: match.enforcement.auditMode,
    method: exchange.method,
    host: exchange.host,
    path: inquiry.path,
    clientIp: exchange.clientAddress,
    userAgent: userAgent === repeated ? undefined : userAgent,
    statusCode: reason === 'ok' ? undefined : wireOf(reason).status,
    durationUs: Math.round((performance.now() - exchange.receivedAtMs) * 1000),
    rateLimit: consumption?.limit.burst,
    rateRemaining: consumption?.answer.remaining,
    rateResetMs: consumption?.answer.resetMs,
  }
  return decisionEntry(request, { reason, match, principal, views, stalenessMs }, state.positions())
}
