import { CutoffSubject } from '@gatehouse/contracts/token/v1/revocation'
import { RevokeTokenByIdRequest, RevokeTokensBeforeRequest } from '@gatehouse/contracts/token/v1/token_admin_service'
import type { FastifyInstance } from 'fastify'
import { addEndpoint } from '../http/endpoint.ts'
import { enumNames } from '../http/json.ts'
import { body, text, time } from '../http/schemas.ts'
import { writtenAt } from '../http/views.ts'
import type { Services } from '../services.ts'

const tag = 'tokens'

/** Revocation of what was issued. Issued JWTs are not kept, so there is nothing to list. */
export function tokenRoutes(app: FastifyInstance, { token }: Services): void {
  addEndpoint(app, {
    ...{ method: 'POST', url: '/v1/tokens/:token_id/revoke', tag, reply: {} },
    summary: 'Refuses one token by its jti, and what it was exchanged for.',
    body: body({ environment_id: text(), reason: text(), expire_time: time }, ['environment_id']),
    operationId: 'revokeTokenById',
    message: RevokeTokenByIdRequest,
    call: token.revokeTokenById,
    answer: ({ position }) => writtenAt('token', position),
  })
  addEndpoint(app, {
    ...{ method: 'POST', url: '/v1/tokens/revoke-before', tag, reply: { before: time } },
    summary: 'Refuses everything issued at or before a time, now when none is given.',
    body: body(
      {
        environment_id: text(),
        subject: { enum: enumNames(CutoffSubject) },
        subject_id: text(),
        before: time,
        reason: text(),
      },
      ['environment_id', 'subject'],
    ),
    operationId: 'revokeTokensBefore',
    message: RevokeTokensBeforeRequest,
    call: token.revokeTokensBefore,
    answer: ({ before, position }) => ({
      ...(before && { before: before.toISOString() }),
      ...writtenAt('token', position),
    }),
  })
}
