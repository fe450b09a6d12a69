import type { PolicyEvent } from '@gatehouse/contracts/events'
import { Api, ApiState } from '@gatehouse/contracts/policy/v1/api'
import { notFound } from '@gatehouse/errors'
import type { Decider } from '@gatehouse/event-store'
import { sameContent } from '../same-content.ts'

export type ApiCommand =
  | {
      readonly type: 'put_api'
      /** Valid. */
      readonly api: Api
      readonly environmentExists: boolean
      readonly time: Date
    }
  | { readonly type: 'retire_api'; readonly environmentId: string; readonly apiId: string; readonly time: Date }

/** A retired API keeps its description, and is published again by a Put. */
export type ApiStreamState = Api | undefined

export const apiDecider: Decider<ApiStreamState, PolicyEvent, ApiCommand> = {
  initialState: undefined,
  evolve(state, event) {
    if (event.type === 'gatehouse.policy.v1.ApiPublished') return event.data.api ?? state
    if (event.type === 'gatehouse.policy.v1.ApiRetired') return state && { ...state, state: ApiState.API_STATE_RETIRED }
    return state
  },
  decide(command, state) {
    switch (command.type) {
      case 'put_api': {
        const { api, environmentExists, time } = command
        if (!environmentExists) throw notFound('environment', api.environmentId)
        if (state && sameContent(Api, state, api)) return []
        return [{ type: 'gatehouse.policy.v1.ApiPublished', data: { api, publishTime: time } }]
      }
      case 'retire_api': {
        const { environmentId, apiId, time } = command
        if (!state) throw notFound('api', apiId)
        if (state.state === ApiState.API_STATE_RETIRED) return []
        return [{ type: 'gatehouse.policy.v1.ApiRetired', data: { environmentId, apiId, retireTime: time } }]
      }
      default:
        return unknownCommand(command)
    }
  },
}

function unknownCommand(command: never): never {
  throw new Error(`no command of an API: ${JSON.stringify(command)}`)
}
