import { type Trail, writeRecord } from '@gatehouse/audit-trail'
import type { FastifyRequest } from 'fastify'

/** Why an operator's request was let in or not. */
export type OperatorReason = 'ok' | 'operator_token_missing' | 'operator_token_invalid' | 'operator_role_insufficient'

/**
 * Writes the decision about a request and resolves when it is on disk.
 * @param status of the authorization: what became of the command then, its service answers
 * @throws UNAVAILABLE `AUDIT_UNAVAILABLE`: what cannot be recorded is not done
 */
export type Recorder = (request: FastifyRequest, reason: OperatorReason, status: number) => Promise<void>

export function createRecorder(trail: Trail): Recorder {
  return async (request, reason, status) => {
    const { operator, routeOptions } = request
    await writeRecord(trail, {
      timeMs: Date.now(),
      requestId: request.id,
      allowed: reason === 'ok',
      reason,
      auditMode: 'write_ahead',
      method: request.method,
      host: request.host,
      path: request.url.split('?', 1)[0],
      clientIp: request.ip,
      userAgent: request.headers['user-agent'],
      statusCode: status,
      operationId: routeOptions.schema?.operationId,
      userId: operator?.operatorId,
      authMethod: operator ? 'operator_token' : 'none',
    })
  }
}
