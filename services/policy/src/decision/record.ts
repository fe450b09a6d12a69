import type { DecisionEntry } from '@gatehouse/audit-trail'
import type { Positions } from '@gatehouse/contracts/positions'
import { decisionEntry, type RecordedRequest } from '@gatehouse/decision-state'
import { wireOf } from '@gatehouse/policy-engine'
import type { Question, Verdict } from './check.ts'

/** The record of a verdict. It is on disk before the caller is answered, whatever the operation says. */
export function recordOf(question: Question, verdict: Verdict, positions: Positions, requestId: string): DecisionEntry {
  const request: RecordedRequest = {
    timeMs: verdict.nowMs,
    requestId,
    auditMode: 'before_response',
    method: question.method,
    path: verdict.path,
    clientIp: question.clientIp || undefined,
    statusCode: wireOf(verdict.reason).status,
  }
  return decisionEntry(request, verdict, positions)
}
