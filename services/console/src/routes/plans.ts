import { GetPlanRequest, ListPlansRequest, PutPlanRequest } from '@gatehouse/contracts/policy/v1/policy_service'
import type { FastifyInstance } from 'fastify'
import { addEndpoint } from '../http/endpoint.ts'
import { body, pageQuery, planSettings, ref, refs, text } from '../http/schemas.ts'
import { page, planView, writtenAt } from '../http/views.ts'
import type { Services } from '../services.ts'

const tag = 'plans'
const collection = '/v1/environments/:environment_id/plans'
const item = `${collection}/:plan_id`

export function planRoutes(app: FastifyInstance, { policy }: Services): void {
  addEndpoint(app, {
    ...{ method: 'GET', url: collection, tag, summary: 'Lists the plans of an environment by id.' },
    query: pageQuery,
    reply: { plans: refs('Plan'), next_page_token: text() },
    operationId: 'listPlans',
    message: ListPlansRequest,
    call: policy.listPlans,
    answer: ({ plans, nextPageToken }) => page('plans', plans.map(planView), nextPageToken),
  })
  addEndpoint(app, {
    ...{ method: 'GET', url: item, tag, summary: 'Shows a plan.' },
    reply: { plan: ref('Plan') },
    operationId: 'getPlan',
    message: GetPlanRequest,
    call: policy.getPlan,
    answer: ({ plan }) => ({ plan: planView(plan) }),
  })
  addEndpoint(app, {
    ...{ method: 'PUT', url: item, tag, summary: 'Creates or replaces a plan.' },
    body: body(planSettings),
    reply: { plan: ref('Plan') },
    operationId: 'putPlan',
    message: PutPlanRequest,
    arrange: ({ params, body }) => ({ plan: { ...body, ...params } }),
    call: policy.putPlan,
    answer: ({ plan, position }) => ({ plan: planView(plan), ...writtenAt('policy', position) }),
  })
}
