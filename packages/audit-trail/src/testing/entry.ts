import type { DecisionEntry } from '../decision-entry.ts'

/** A decision that can be told from others by its request id. */
export function entry(requestId: string, userAgent = 'test'): DecisionEntry {
  return {
    timeMs: 1_795_406_807_602,
    requestId,
    allowed: true,
    reason: 'ok',
    auditMode: 'before_response',
    method: 'GET',
    path: '/orders/orders/17',
    userAgent,
    statusCode: 200,
    clientId: 'client_1',
  }
}
