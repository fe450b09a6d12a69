import { CutoffSubject } from '@gatehouse/contracts/token/v1/revocation'
import * as rpc from '@gatehouse/contracts/token/v1/token_admin_service'
import { invalidArgument } from '@gatehouse/errors'
import { commandIdentity, handleCommand } from '@gatehouse/event-store'
import { type CallContext, validate } from '@gatehouse/grpc-service'
import { cutoff } from '../domain/revocation/cutoff.ts'
import { revokedToken } from '../domain/revocation/revoked-token.ts'
import * as rules from '../grpc/rules.ts'
import { latestExpiry } from '../issue/token-life.ts'
import { streams } from '../store/streams.ts'
import type { TokenStore } from '../store/token-store.ts'

const byId = { name: 'RevokeTokenById', request: rpc.RevokeTokenByIdRequest, response: rpc.RevokeTokenByIdResponse }
const before = {
  name: 'RevokeTokensBefore',
  request: rpc.RevokeTokensBeforeRequest,
  response: rpc.RevokeTokensBeforeResponse,
}

const subjects: ReadonlyMap<CutoffSubject, string> = new Map<CutoffSubject, string>([
  [CutoffSubject.CUTOFF_SUBJECT_CLIENT, 'client'],
  [CutoffSubject.CUTOFF_SUBJECT_USER, 'user'],
  [CutoffSubject.CUTOFF_SUBJECT_ENVIRONMENT, 'environment'],
])

export function revocationMethods({ store }: { readonly store: TokenStore }) {
  return {
    async revokeTokenById(request: rpc.RevokeTokenByIdRequest, context: CallContext) {
      validate(rules.revokeTokenById, request)
      const { environmentId, tokenId, reason, expireTime } = request
      const time = new Date()
      const facts = { environmentId, tokenId, clientId: '', reason, expireTime: expireTime ?? latestExpiry(time) }
      const { reply } = await handleCommand(store, {
        ...commandIdentity(byId, request, context),
        streams: { token: streams.revokedToken(environmentId, tokenId) },
        decide: ({ token }) => ({ events: { token: revokedToken.decide({ ...facts, time }, token) } }),
        reply: ({ position }) => ({ position }),
      })
      return reply
    },

    async revokeTokensBefore(request: rpc.RevokeTokensBeforeRequest, context: CallContext) {
      validate(rules.revokeTokensBefore, request)
      const time = new Date()
      const { environmentId, subject, subjectId, reason } = request
      const command = { environmentId, subject, subjectId, reason, before: request.before ?? time, time }
      requireSubject(command)
      const { reply } = await handleCommand(store, {
        ...commandIdentity(before, request, context),
        streams: { cutoff: streams.cutoff(environmentId, subjects.get(subject) ?? '', subjectId) },
        decide: (states) => ({ events: { cutoff: cutoff.decide(command, states.cutoff) } }),
        reply: ({ states, position }) => ({ before: states.cutoff, position }),
      })
      return reply
    },
  }
}

/** @throws INVALID_ARGUMENT */
function requireSubject(command: { subject: CutoffSubject; subjectId: string; before: Date; time: Date }): void {
  const whole = command.subject === CutoffSubject.CUTOFF_SUBJECT_ENVIRONMENT
  if (whole !== (command.subjectId === '')) {
    const description = whole ? 'must be empty for an environment' : 'is required'
    throw invalidArgument([{ field: 'subject_id', description }])
  }
  if (command.before > command.time)
    throw invalidArgument([{ field: 'before', description: 'must not be in the future' }])
}
