import type { DecisionEntry } from '@gatehouse/audit-trail'
import type { CheckParts } from '../check/check.ts'
import { answerOnRecord, append } from '../check/conclude.ts'
import { Durable } from '../check/durable.ts'
import { repeated } from '../http1/exchange.ts'
import { type AnswerFacts, type OAuthAnswer, refuse } from './answer.ts'
import type { OAuthRequest } from './request.ts'

/** What recording needs. */
export type RecordParts = Pick<CheckParts, 'state' | 'trail' | 'watch'>

/** Puts an answer on record, then gives it: each has exactly one record, on disk before the client hears of it. */
export function conclude(parts: RecordParts, request: OAuthRequest, operation: string, answer: OAuthAnswer): void {
  const { exchange } = request.inquiry
  // Its client left: nobody gets an answer, so there is none to record.
  if (exchange.over) return
  const { facts, response } = answer
  const entry = entryOf(parts, request, operation, answer)
  const durable = new Durable()
  const { trail, watch } = parts
  const write = () => (entry.allowed ? trail.append(entry, durable.settle) : trail.appendRefusal(entry, durable.settle))
  if (append(write) === undefined) {
    // What cannot be recorded is not given: what was issued stays with us, and that is what the record says.
    if (entry.allowed) conclude(parts, request, operation, refuse('audit_unavailable'))
    else {
      watch.unrecorded()
      exchange.abort()
    }
    return
  }
  watch.decided(facts.reason, 'oauth', (entry.durationUs ?? 0) / 1000)
  answerOnRecord(parts, exchange, durable, response)
}

function entryOf(
  { state }: RecordParts,
  { inquiry, environment, apiId }: OAuthRequest,
  operation: string,
  { facts, response }: OAuthAnswer,
): DecisionEntry {
  const { exchange, stalenessMs } = inquiry
  const userAgent = exchange.header('user-agent')
  const positions = state.positions()
  return {
    timeMs: inquiry.nowMs,
    requestId: inquiry.requestId,
    allowed: facts.reason === 'ok',
    reason: facts.reason,
    auditMode: 'before_response',
    method: exchange.method,
    host: exchange.host,
    path: inquiry.path,
    clientIp: exchange.clientAddress,
    userAgent: userAgent === repeated ? undefined : userAgent,
    statusCode: response.status,
    durationUs: Math.round((performance.now() - exchange.receivedAtMs) * 1000),
    environmentId: environment.environmentId,
    operationId: `oauth2.${operation}`,
    ...known(facts, apiId),
    credentialPosition: positions.credential,
    policyPosition: positions.policy,
    tokenPosition: positions.token,
    stalenessMs: Number.isFinite(stalenessMs) ? Math.round(stalenessMs) : undefined,
    environmentVersion: environment.version,
  }
}

/** Empty means unknown in the token service's facts; an unknown fact is an absent member of the record. */
function known(facts: AnswerFacts, apiId: string): Partial<DecisionEntry> {
  return {
    apiId: facts.apiId || apiId || undefined,
    clientId: facts.clientId || undefined,
    userId: facts.userId || undefined,
    credentialId: facts.credentialId || undefined,
    subscriptionId: facts.subscriptionId || undefined,
    scopes: facts.scopes?.length ? facts.scopes : undefined,
    grantType: facts.grantType || undefined,
    grantId: facts.grantId || undefined,
    tokenId: facts.tokenId || undefined,
  }
}
