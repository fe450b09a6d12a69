import { GrantRevocationReason } from '@gatehouse/contracts/token/v1/grant'
import * as rpc from '@gatehouse/contracts/token/v1/token_admin_service'
import { notFound } from '@gatehouse/errors'
import { commandIdentity, handleCommand } from '@gatehouse/event-store'
import { type CallContext, validate } from '@gatehouse/grpc-service'
import { grant as decider } from '../domain/grant/decide.ts'
import * as rules from '../grpc/rules.ts'
import { grantMessage } from '../read/grants.ts'
import { streams } from '../store/streams.ts'
import type { TokenParts } from '../token-parts.ts'

const revocation = { name: 'RevokeGrant', request: rpc.RevokeGrantRequest, response: rpc.RevokeGrantResponse }
const pageSizeDefault = 100

export function grantMethods({ store, grants }: Pick<TokenParts, 'store' | 'grants'>) {
  return {
    async revokeGrant(request: rpc.RevokeGrantRequest, context: CallContext): Promise<rpc.RevokeGrantResponse> {
      validate(rules.revokeGrant, request)
      const { grantId } = request
      const reason = GrantRevocationReason.GRANT_REVOCATION_REASON_OPERATOR
      const command = { type: 'revoke', grantId, reason, time: new Date() } as const
      const { reply } = await handleCommand(store, {
        ...commandIdentity(revocation, request, context),
        streams: { grant: streams.grant(grantId) },
        decide: (states) => ({ events: { grant: decider.decide(command, states.grant) } }),
        reply: ({ states, versions, position }) => ({ grant: grantMessage(states.grant, versions.grant), position }),
      })
      return reply
    },
    async listGrants(request: rpc.ListGrantsRequest): Promise<rpc.ListGrantsResponse> {
      validate(rules.listGrants, request)
      const { page, nextPageToken } = await grants.list(request, request.pageToken, request.pageSize || pageSizeDefault)
      return { grants: page, nextPageToken }
    },
    async getGrant(request: rpc.GetGrantRequest): Promise<rpc.GetGrantResponse> {
      validate(rules.getGrant, request)
      const grant = await grants.byId(request.grantId)
      if (!grant) throw notFound('grant', request.grantId)
      return { grant }
    },
  }
}
