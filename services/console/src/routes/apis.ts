import {
  GetApiRequest,
  ImportOpenApiRequest,
  ListApisRequest,
  PutApiRequest,
  RetireApiRequest,
} from '@gatehouse/contracts/policy/v1/policy_service'
import type { FastifyInstance } from 'fastify'
import { addEndpoint, type Input } from '../http/endpoint.ts'
import { apiSettings, body, operations, pageQuery, ref, refs, text } from '../http/schemas.ts'
import { apiView, page, writtenAt } from '../http/views.ts'
import type { Services } from '../services.ts'

const tag = 'apis'
const collection = '/v1/environments/:environment_id/apis'
const item = `${collection}/:api_id`

export function apiRoutes(app: FastifyInstance, services: Services): void {
  apiReads(app, services)
  apiWrites(app, services)
}

function apiReads(app: FastifyInstance, { policy }: Services): void {
  addEndpoint(app, {
    ...{ method: 'GET', url: collection, tag, summary: 'Lists the APIs of an environment by id.' },
    query: pageQuery,
    reply: { apis: refs('Api'), next_page_token: text() },
    operationId: 'listApis',
    message: ListApisRequest,
    call: policy.listApis,
    answer: ({ apis, nextPageToken }) => page('apis', apis.map(apiView), nextPageToken),
  })
  addEndpoint(app, {
    ...{ method: 'GET', url: item, tag, summary: 'Shows an API with its operations.' },
    reply: { api: ref('Api') },
    operationId: 'getApi',
    message: GetApiRequest,
    call: policy.getApi,
    answer: ({ api }) => ({ api: apiView(api) }),
  })
}

function apiWrites(app: FastifyInstance, { policy }: Services): void {
  addEndpoint(app, {
    ...{ method: 'PUT', url: item, tag, summary: 'Publishes or replaces an API with all its operations.' },
    body: body({ ...apiSettings, operations }, ['upstreams', 'operations']),
    reply: { api: ref('Api') },
    operationId: 'putApi',
    message: PutApiRequest,
    arrange: ({ params, body }) => ({ api: { ...body, ...params } }),
    call: policy.putApi,
    answer: ({ api, position }) => ({ api: apiView(api), ...writtenAt('policy', position) }),
  })
  addEndpoint(app, {
    ...{
      method: 'POST',
      url: `${item}/openapi`,
      tag,
      summary: 'Publishes an API from an OpenAPI 3.0 or 3.1 document.',
    },
    body: body({ ...apiSettings, document }, ['upstreams', 'document']),
    reply: { api: ref('Api') },
    operationId: 'importOpenApi',
    message: ImportOpenApiRequest,
    arrange: importOf,
    call: policy.importOpenApi,
    answer: ({ api, position }) => ({ api: apiView(api), ...writtenAt('policy', position) }),
  })
  addEndpoint(app, {
    ...{ method: 'DELETE', url: item, tag, summary: 'Takes an API out of its environment.' },
    reply: {},
    operationId: 'retireApi',
    message: RetireApiRequest,
    call: policy.retireApi,
    answer: ({ position }) => writtenAt('policy', position),
  })
}

const document = { description: 'The document: JSON or YAML as a text, or JSON as it is.', type: ['string', 'object'] }

function importOf({ params, body }: Input): object {
  const { document, ...settings } = body
  return {
    api: { ...settings, ...params },
    document: typeof document === 'string' ? document : JSON.stringify(document),
  }
}
