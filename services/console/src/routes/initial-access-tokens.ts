import {
  IssueInitialAccessTokenRequest,
  ListInitialAccessTokensRequest,
  RevokeInitialAccessTokenRequest,
} from '@gatehouse/contracts/credential/v1/credential_service'
import type { FastifyInstance } from 'fastify'
import { addEndpoint } from '../http/endpoint.ts'
import { initialAccessTokenView } from '../http/oauth-views.ts'
import { body, pageQuery, ref, refs, text, time } from '../http/schemas.ts'
import { page, writtenAt } from '../http/views.ts'
import type { Services } from '../services.ts'

const tag = 'initial-access-tokens'
const collection = '/v1/initial-access-tokens'
const clientsMax = { type: 'integer', minimum: 1, maximum: 10_000, description: '100 when absent' }
const reply = { initial_access_token: ref('InitialAccessToken') }

/** Who may register clients (RFC 7591). */
export function initialAccessTokenRoutes(app: FastifyInstance, { credential }: Services): void {
  addEndpoint(app, {
    ...{ method: 'GET', url: collection, tag, summary: 'Lists the initial access tokens of an environment by id.' },
    query: { environment_id: text(), ...pageQuery },
    reply: { initial_access_tokens: refs('InitialAccessToken'), next_page_token: text() },
    operationId: 'listInitialAccessTokens',
    message: ListInitialAccessTokensRequest,
    call: credential.listInitialAccessTokens,
    answer: ({ initialAccessTokens, nextPageToken }) =>
      page('initial_access_tokens', initialAccessTokens.map(initialAccessTokenView), nextPageToken),
  })
  addEndpoint(app, {
    ...{ method: 'POST', url: collection, tag, status: 201 },
    summary: 'Lets its holder register clients of an environment; shown this once.',
    body: body({ environment_id: text(), display_name: text(), expire_time: time, clients_max: clientsMax }, [
      'environment_id',
    ]),
    reply: { ...reply, initial_access_token_text: text() },
    operationId: 'issueInitialAccessToken',
    message: IssueInitialAccessTokenRequest,
    call: credential.issueInitialAccessToken,
    answer: ({ initialAccessToken, initialAccessTokenText, position }) => ({
      initial_access_token: initialAccessTokenView(initialAccessToken),
      ...(initialAccessTokenText && { initial_access_token_text: initialAccessTokenText }),
      ...writtenAt('credential', position),
    }),
  })
  addEndpoint(app, {
    ...{ method: 'POST', url: `${collection}/:initial_access_token_id/revoke`, tag, reply },
    summary: 'Lets nobody register clients with it any more; those that are registered stay.',
    body: body({ reason: text() }),
    operationId: 'revokeInitialAccessToken',
    message: RevokeInitialAccessTokenRequest,
    call: credential.revokeInitialAccessToken,
    answer: ({ initialAccessToken, position }) => ({
      initial_access_token: initialAccessTokenView(initialAccessToken),
      ...writtenAt('credential', position),
    }),
  })
}
