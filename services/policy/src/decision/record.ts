import type { DecisionEntry } from '@gatehouse/audit-trail'
import type { Positions } from '@gatehouse/contracts/positions'
import { recordedFacts } from '@gatehouse/decision-state'
import { wireOf } from '@gatehouse/policy-engine'
import type { Question, Verdict } from './check.ts'

/** The record of a verdict. It is on disk before the caller is answered, whatever the operation says. */
export function recordOf(question: Question, verdict: Verdict, positions: Positions, requestId: string): DecisionEntry {
  const { reason } = verdict
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
    ...recordedFacts({ ...verdict, positions }),
  }
}
