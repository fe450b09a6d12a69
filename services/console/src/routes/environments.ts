import {
  GetEnvironmentRequest,
  ListEnvironmentsRequest,
  PutEnvironmentRequest,
} from '@gatehouse/contracts/policy/v1/policy_service'
import type { FastifyInstance } from 'fastify'
import { addEndpoint } from '../http/endpoint.ts'
import { body, environmentSettings, pageQuery, ref, refs, text } from '../http/schemas.ts'
import { environmentView, page, writtenAt } from '../http/views.ts'
import type { Services } from '../services.ts'

const tag = 'environments'
const collection = '/v1/environments'
const item = `${collection}/:environment_id`

export function environmentRoutes(app: FastifyInstance, { policy }: Services): void {
  addEndpoint(app, {
    ...{ method: 'GET', url: collection, tag, summary: 'Lists environments by id.' },
    query: pageQuery,
    reply: { environments: refs('Environment'), next_page_token: text() },
    operationId: 'listEnvironments',
    message: ListEnvironmentsRequest,
    call: policy.listEnvironments,
    answer: ({ environments, nextPageToken }) => page('environments', environments.map(environmentView), nextPageToken),
  })
  addEndpoint(app, {
    ...{ method: 'GET', url: item, tag, summary: 'Shows an environment.' },
    reply: { environment: ref('Environment') },
    operationId: 'getEnvironment',
    message: GetEnvironmentRequest,
    call: policy.getEnvironment,
    answer: ({ environment }) => ({ environment: environmentView(environment) }),
  })
  addEndpoint(app, {
    ...{ method: 'PUT', url: item, tag, summary: 'Creates or replaces an environment.' },
    body: body(environmentSettings),
    reply: { environment: ref('Environment') },
    operationId: 'putEnvironment',
    message: PutEnvironmentRequest,
    arrange: ({ params, body }) => ({ environment: { ...body, ...params } }),
    call: policy.putEnvironment,
    answer: ({ environment, position }) => ({
      environment: environmentView(environment),
      ...writtenAt('policy', position),
    }),
  })
}
