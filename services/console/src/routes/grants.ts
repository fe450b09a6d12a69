import {
  GetGrantRequest,
  ListGrantsRequest,
  RevokeGrantRequest,
} from '@gatehouse/contracts/token/v1/token_admin_service'
import type { FastifyInstance } from 'fastify'
import { addEndpoint } from '../http/endpoint.ts'
import { grantView } from '../http/oauth-views.ts'
import { pageQuery, ref, refs, text } from '../http/schemas.ts'
import { page, writtenAt } from '../http/views.ts'
import type { Services } from '../services.ts'

const tag = 'grants'
const collection = '/v1/grants'
const item = `${collection}/:grant_id`
const reply = { grant: ref('Grant') }

/** What users granted to clients, each with its family of refresh tokens. */
export function grantRoutes(app: FastifyInstance, { token }: Services): void {
  addEndpoint(app, {
    ...{ method: 'GET', url: collection, tag, summary: 'Lists grants, newest first.' },
    query: { environment_id: text(), client_id: text(), user_id: text(), ...pageQuery },
    reply: { grants: refs('Grant'), next_page_token: text() },
    operationId: 'listGrants',
    message: ListGrantsRequest,
    call: token.listGrants,
    answer: ({ grants, nextPageToken }) => page('grants', grants.map(grantView), nextPageToken),
  })
  addEndpoint(app, {
    ...{ method: 'GET', url: item, tag, summary: 'Shows a grant.', reply },
    operationId: 'getGrant',
    message: GetGrantRequest,
    call: token.getGrant,
    answer: ({ grant }) => ({ grant: grantView(grant) }),
  })
  addEndpoint(app, {
    ...{ method: 'POST', url: `${item}/revoke`, tag, summary: 'Refuses a grant and all that came from it.', reply },
    operationId: 'revokeGrant',
    message: RevokeGrantRequest,
    call: token.revokeGrant,
    answer: ({ grant, position }) => ({ grant: grantView(grant), ...writtenAt('token', position) }),
  })
}
