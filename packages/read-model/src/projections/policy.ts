import { encodeMessage } from '@gatehouse/contracts/encode'
import { decodeEvent, type PolicyEvent, policyEvents } from '@gatehouse/contracts/events'
import { Api } from '@gatehouse/contracts/policy/v1/api'
import { Environment } from '@gatehouse/contracts/policy/v1/environment'
import { Plan } from '@gatehouse/contracts/policy/v1/plan'
import type { Entry } from '../read-model.ts'
import { existing, type Projection, Unappliable } from './projection.ts'

/** Events of the policy log → `environment/`, `api/` and `plan/`, whole, with the version of their stream. */
export const policyProjection: Projection = {
  source: 'policy',
  fold(recorded, key, view) {
    const event = decodeEvent(policyEvents, recorded)
    if (!event) throw new Unappliable(`unknown event type ${recorded.type}`)
    const entry = next(event, recorded.version)
    if (entry.key !== key) throw new Unappliable(`the event is of ${entry.key}`)
    if (entry.state === 'deleted') existing(view)
    return [entry]
  },
}

function next(event: PolicyEvent, version: bigint): Entry {
  switch (event.type) {
    case 'gatehouse.policy.v1.EnvironmentPut': {
      const environment = given(event.data.environment)
      const value = encodeMessage(Environment, { ...environment, version })
      return { key: `environment/${environment.environmentId}`, state: 'live', version, value }
    }
    case 'gatehouse.policy.v1.ApiPublished': {
      const api = given(event.data.api)
      const value = encodeMessage(Api, { ...api, version })
      return { key: `api/${api.environmentId}/${api.apiId}`, state: 'live', version, value }
    }
    case 'gatehouse.policy.v1.ApiRetired':
      return { key: `api/${event.data.environmentId}/${event.data.apiId}`, state: 'deleted', version }
    case 'gatehouse.policy.v1.PlanPut': {
      const plan = given(event.data.plan)
      const value = encodeMessage(Plan, { ...plan, version })
      return { key: `plan/${plan.environmentId}/${plan.planId}`, state: 'live', version, value }
    }
    default:
      return unknown(event)
  }
}

function unknown(event: never): never {
  throw new Unappliable(`no event of the policy log: ${JSON.stringify(event)}`)
}

function given<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Unappliable('the event carries nothing')
  return value
}
