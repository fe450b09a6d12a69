import { GatehouseError } from '@gatehouse/errors'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { mayAct, type Operator, type Role } from '../operators/operator.ts'
import type { OperatorStore } from '../operators/operator-file.ts'
import type { Recorder } from './record.ts'

declare module 'fastify' {
  interface FastifyRequest {
    operator: Operator | undefined
  }
  interface FastifyContextConfig {
    /** The role it takes; `public` takes no token. Without it: viewer to read, editor to write. */
    role?: Role | 'public'
  }
}

const bearer = /^Bearer (gho_[A-Za-z0-9_-]{43})$/

/**
 * Lets a request pass when its `Authorization: Bearer` token belongs to an operator with the role it takes. Denials,
 * and that a command was let in, are on record before anything follows from them.
 */
export function authenticator(operators: Pick<OperatorStore, 'authenticate'>, record: Recorder) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const needed = request.routeOptions.config.role ?? (reads(request.method) ? 'viewer' : 'editor')
    if (needed === 'public') return
    const { authorization } = request.headers
    const token = bearer.exec(authorization ?? '')?.[1]
    const operator = token === undefined ? undefined : operators.authenticate(token)
    if (!operator) {
      await record(request, authorization === undefined ? 'operator_token_missing' : 'operator_token_invalid', 401)
      reply.header('www-authenticate', 'Bearer realm="gatehouse"')
      throw new GatehouseError('UNAUTHENTICATED', {
        reason: 'OPERATOR_TOKEN_REQUIRED',
        message: 'an operator token is required: Authorization: Bearer gho_…',
      })
    }
    request.operator = operator
    if (!mayAct(operator.role, needed)) {
      await record(request, 'operator_role_insufficient', 403)
      throw new GatehouseError('PERMISSION_DENIED', {
        reason: 'ROLE_NOT_ALLOWED',
        message: `this takes the role ${needed}; ${operator.operatorId} is ${operator.role}`,
      })
    }
    if (!reads(request.method) && !request.is404) await record(request, 'ok', 200)
  }
}

function reads(method: string): boolean {
  return method === 'GET' || method === 'HEAD'
}
