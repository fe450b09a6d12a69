import type { PolicyEvent } from '@gatehouse/contracts/events'
import type { Stream } from '@gatehouse/event-store'
import { type ApiStreamState, apiDecider } from '../domain/api/decider.ts'
import { type EnvironmentState, environmentDecider } from '../domain/environment/decider.ts'
import { type PlanState, planDecider } from '../domain/plan/decider.ts'

/** The streams of the policy log, each with its fold. */
export const streams = {
  environment: (environmentId: string, expectedVersion?: bigint): Stream<EnvironmentState, PolicyEvent> => {
    return { id: `environment-${environmentId}`, fold: environmentDecider, expectedVersion }
  },
  api: (environmentId: string, apiId: string, expectedVersion?: bigint): Stream<ApiStreamState, PolicyEvent> => {
    return { id: `api-${environmentId}.${apiId}`, fold: apiDecider, expectedVersion }
  },
  plan: (environmentId: string, planId: string, expectedVersion?: bigint): Stream<PlanState, PolicyEvent> => {
    return { id: `plan-${environmentId}.${planId}`, fold: planDecider, expectedVersion }
  },
}
