import type { PolicyEvent } from '@gatehouse/contracts/events'
import { Plan } from '@gatehouse/contracts/policy/v1/plan'
import { notFound } from '@gatehouse/errors'
import type { Decider } from '@gatehouse/event-store'
import { sameContent } from '../same-content.ts'

export interface PutPlan {
  readonly type: 'put_plan'
  /** Valid. */
  readonly plan: Plan
  readonly environmentExists: boolean
  readonly time: Date
}

export type PlanState = Plan | undefined

export const planDecider: Decider<PlanState, PolicyEvent, PutPlan> = {
  initialState: undefined,
  evolve: (state, event) => (event.type === 'gatehouse.policy.v1.PlanPut' ? (event.data.plan ?? state) : state),
  decide({ plan, environmentExists, time }, state) {
    if (!environmentExists) throw notFound('environment', plan.environmentId)
    if (state && sameContent(Plan, state, plan)) return []
    return [{ type: 'gatehouse.policy.v1.PlanPut', data: { plan, putTime: time } }]
  },
}
