import type { PolicyEvent } from '@gatehouse/contracts/events'
import { Api } from '@gatehouse/contracts/policy/v1/api'
import { Environment } from '@gatehouse/contracts/policy/v1/environment'
import { Plan } from '@gatehouse/contracts/policy/v1/plan'
import type { Choice, Chosen, Streams } from './history.ts'

/** A valid next event of the policy log. */
export function policyEvent(choice: Choice, streams: Streams<PolicyEvent>): Chosen<PolicyEvent> {
  const id = `n${choice.id}`
  const time = new Date(choice.time)
  const [displayName = ''] = choice.words
  const noun = choice.noun % 3
  if (noun === 0) {
    const environment = Environment.fromPartial({ environmentId: id, displayName, hosts: choice.words })
    return [`environment-${id}`, { type: 'gatehouse.policy.v1.EnvironmentPut', data: { environment, putTime: time } }]
  }
  if (noun === 1) {
    const plan = Plan.fromPartial({ environmentId: 'alpha', planId: id, displayName })
    return [`plan-alpha.${id}`, { type: 'gatehouse.policy.v1.PlanPut', data: { plan, putTime: time } }]
  }
  const stream = `api-alpha.${id}`
  if (choice.event % 3 === 0 && streams.get(stream)?.at(-1)?.type === 'gatehouse.policy.v1.ApiPublished') {
    const data = { environmentId: 'alpha', apiId: id, retireTime: time }
    return [stream, { type: 'gatehouse.policy.v1.ApiRetired', data }]
  }
  const api = Api.fromPartial({ environmentId: 'alpha', apiId: id, displayName, upstreams: choice.words })
  return [stream, { type: 'gatehouse.policy.v1.ApiPublished', data: { api, publishTime: time } }]
}
