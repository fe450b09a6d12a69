import type { PolicyEvent } from '@gatehouse/contracts/events'
import { Api, ApiState } from '@gatehouse/contracts/policy/v1/api'
import type { Environment } from '@gatehouse/contracts/policy/v1/environment'
import { invalidArgument, notFound } from '@gatehouse/errors'
import type { Claim, Decider } from '@gatehouse/event-store'
import { sameContent } from '../same-content.ts'

export type ApiCommand =
  | {
      readonly type: 'put_api'
      /** Valid. */
      readonly api: Api
      /** Undefined: it does not exist. */
      readonly environment: Environment | undefined
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
        const { api, environment, time } = command
        if (!environment) throw notFound('environment', api.environmentId)
        requireOwnResource(api, environment)
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

/** A token for one API must not be one for another: its audience is that of no other API of the environment. */
export function resourceClaims(api: ApiStreamState, owner: string): readonly Claim[] {
  if (!api?.tokens?.resource || api.state === ApiState.API_STATE_RETIRED) return []
  return [{ kind: 'resource', value: `${api.environmentId} ${api.tokens.resource}`, owner }]
}

/** Below its issuer's URL an environment's audiences are `<issuer>/<api_id>`: each its API's own. */
function requireOwnResource({ apiId, tokens }: Api, { issuer }: Environment): void {
  if (!issuer || !tokens?.resource) return
  const { resource } = tokens
  const others =
    resource === issuer.url || (resource.startsWith(`${issuer.url}/`) && resource !== `${issuer.url}/${apiId}`)
  if (!others) return
  const description = `must not be below the issuer's URL: the audience there is ${issuer.url}/${apiId}`
  throw invalidArgument([{ field: 'api.tokens.resource', description }])
}
