import * as rpc from '@gatehouse/contracts/credential/v1/credential_service'
import type { InitialAccessToken } from '@gatehouse/contracts/credential/v1/initial_access_token'
import { handleCommand } from '@gatehouse/event-store'
import { type CallContext, validate } from '@gatehouse/grpc-service'
import { initialAccessToken as decider, type InitialAccessTokenCommand } from '../domain/initial-access-token/decide.ts'
import type { InitialAccessTokenFacts } from '../domain/initial-access-token/initial-access-token.ts'
import { initialAccessTokenMessage } from '../read/messages.ts'
import { streams } from '../store/streams.ts'
import { changing, identify } from './call.ts'
import type { Dependencies } from './credential-service.ts'
import { mintNew } from './new-secret.ts'
import * as rules from './rules.ts'

interface Reply {
  readonly initialAccessToken: InitialAccessToken | undefined
  readonly position: bigint
}

const issuing = {
  name: 'IssueInitialAccessToken',
  request: rpc.IssueInitialAccessTokenRequest,
  response: rpc.IssueInitialAccessTokenResponse,
  rules: rules.issueInitialAccessToken,
}

/** Enough for a team, and an end to what a leaked one can do. */
const clientsMaxDefault = 100

/** What lets others register clients. */
export function initialAccessTokenMethods({ store, read }: Dependencies) {
  const change = changing<InitialAccessTokenFacts, InitialAccessTokenCommand, Reply>(store, {
    decider,
    stream: ({ initialAccessTokenId }, expectedVersion) =>
      streams.initialAccessToken(initialAccessTokenId, expectedVersion),
    reply: (token, version, position) => ({ initialAccessToken: initialAccessTokenMessage(token, version), position }),
  })

  return {
    async issueInitialAccessToken(request: rpc.IssueInitialAccessTokenRequest, context: CallContext) {
      const identity = identify(issuing, request, context)
      const { environmentId, displayName, expireTime } = request
      const clientsMax = request.clientsMax || clientsMaxDefault
      const { text, id: initialAccessTokenId, digest } = mintNew('registration', environmentId)
      const wanted = {
        initialAccessTokenId,
        environmentId,
        displayName,
        digest,
        expireTime,
        clientsMax,
        time: new Date(),
      }
      const { reply } = await handleCommand(store, {
        ...identity,
        streams: { token: streams.initialAccessToken(initialAccessTokenId) },
        decide: ({ token }) => ({ events: { token: decider.decide({ type: 'issue', ...wanted }, token) } }),
        reply: ({ states, versions, position }) => ({
          initialAccessToken: initialAccessTokenMessage(states.token, versions.token),
          initialAccessTokenText: '',
          position,
        }),
      })
      // An earlier request made another token, whose text is gone; this one is known here alone.
      const own = reply.initialAccessToken?.initialAccessTokenId === initialAccessTokenId
      return own ? { ...reply, initialAccessTokenText: text } : reply
    },
    revokeInitialAccessToken: change<rpc.RevokeInitialAccessTokenRequest>({
      name: 'RevokeInitialAccessToken',
      request: rpc.RevokeInitialAccessTokenRequest,
      response: rpc.RevokeInitialAccessTokenResponse,
      rules: rules.revokeInitialAccessToken,
      command: ({ initialAccessTokenId, reason }, time) => ({ type: 'revoke', initialAccessTokenId, reason, time }),
    }),
    async listInitialAccessTokens(request: rpc.ListInitialAccessTokensRequest) {
      validate(rules.listInitialAccessTokens, request)
      const { page, nextPageToken } = await read.listInitialAccessTokens(
        { environmentId: request.environmentId },
        request,
      )
      return { initialAccessTokens: page, nextPageToken }
    },
  }
}
