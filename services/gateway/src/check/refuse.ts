import type { DecisionEntry } from '@gatehouse/audit-trail'
import { canonicalPath, type Wire, wireOf } from '@gatehouse/policy-engine'
import type { RefusedRequest } from '../http1/exchange.ts'
import type { CheckParts } from './check.ts'
import { answerOnRecord, append } from './conclude.ts'
import { Durable } from './durable.ts'
import { problem, refusalReason } from './problem.ts'
import { newRequestId } from './request-id.ts'

/** Codes for the statuses that have one beside the one of their reason. */
const codes: Readonly<Record<number, string>> = { 414: 'target_too_long', 417: 'expectation_failed' }

/** A request that could not be read is a decision too: refused, on record, then answered. */
export function refuse(parts: CheckParts, refused: RefusedRequest): undefined {
  const { status } = refused.refusal
  const reason = refusalReason(status)
  const requestId = newRequestId()
  const durable = new Durable()
  const canonical = refused.requestLine && canonicalPath(refused.requestLine.target)
  const entry: DecisionEntry = {
    timeMs: Date.now(),
    requestId,
    allowed: false,
    reason,
    auditMode: 'before_response',
    method: refused.requestLine?.method,
    path: typeof canonical === 'string' ? canonical : undefined,
    clientIp: refused.remoteAddress,
    statusCode: status,
    durationUs: Math.round((performance.now() - refused.receivedAtMs) * 1000),
    authMethod: 'none',
  }
  const decisionId = append(() => parts.trail.appendRefusal(entry, durable.settle))
  if (decisionId === undefined) {
    parts.watch.unrecorded()
    refused.abort()
    return undefined
  }
  parts.watch.decided(reason, 'none', (entry.durationUs ?? 0) / 1000)
  const wire: Wire = { ...wireOf(reason), status, code: codes[status] ?? wireOf(reason).code }
  const response = problem(wire, { decisionId, requestId })
  answerOnRecord(parts, refused, durable, response)
  return undefined
}
