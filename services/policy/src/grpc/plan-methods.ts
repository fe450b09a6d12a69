import * as rpc from '@gatehouse/contracts/policy/v1/policy_service'
import { notFound } from '@gatehouse/errors'
import { handleCommand } from '@gatehouse/event-store'
import type { CallContext } from '@gatehouse/grpc-service'
import { planDecider } from '../domain/plan/decider.ts'
import { validPlan } from '../domain/plan/validate.ts'
import { streams } from '../store/streams.ts'
import { identify } from './identify.ts'
import type { Dependencies } from './policy-service.ts'

const put = { name: 'PutPlan', request: rpc.PutPlanRequest, response: rpc.PutPlanResponse }

export function planMethods({ store, read }: Dependencies) {
  return {
    async putPlan(request: rpc.PutPlanRequest, context: CallContext): Promise<rpc.PutPlanResponse> {
      const identity = identify(put, request, context)
      const plan = validPlan(request.plan)
      const time = new Date()
      const { reply } = await handleCommand(store, {
        ...identity,
        streams: {
          environment: streams.environment(plan.environmentId),
          plan: streams.plan(plan.environmentId, plan.planId, request.expectedVersion),
        },
        decide({ environment, plan: state }) {
          const command = { type: 'put_plan', plan, environmentExists: environment !== undefined, time } as const
          return { events: { plan: planDecider.decide(command, state) } }
        },
        reply: ({ states, versions, position }) => ({
          plan: states.plan && { ...states.plan, version: versions.plan },
          position,
        }),
      })
      return reply
    },
    async getPlan({ environmentId, planId }: rpc.GetPlanRequest): Promise<rpc.GetPlanResponse> {
      const plan = await read.plan(environmentId, planId)
      if (!plan) throw notFound('plan', planId)
      return { plan }
    },
    async listPlans(request: rpc.ListPlansRequest): Promise<rpc.ListPlansResponse> {
      const { found, nextPageToken } = await read.plans(request.environmentId, request)
      return { plans: found, nextPageToken }
    },
  }
}
