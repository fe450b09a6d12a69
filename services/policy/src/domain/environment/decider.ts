import type { PolicyEvent } from '@gatehouse/contracts/events'
import { Environment } from '@gatehouse/contracts/policy/v1/environment'
import type { Claim, Decider } from '@gatehouse/event-store'
import { sameContent } from '../same-content.ts'

export interface PutEnvironment {
  readonly type: 'put_environment'
  /** Valid. */
  readonly environment: Environment
  readonly time: Date
}

export type EnvironmentState = Environment | undefined

export const environmentDecider: Decider<EnvironmentState, PolicyEvent, PutEnvironment> = {
  initialState: undefined,
  evolve: (state, event) =>
    event.type === 'gatehouse.policy.v1.EnvironmentPut' ? (event.data.environment ?? state) : state,
  decide({ environment, time }, state) {
    if (state && sameContent(Environment, state, environment)) return []
    return [{ type: 'gatehouse.policy.v1.EnvironmentPut', data: { environment, putTime: time } }]
  },
}

/** A host leads to one environment only, and an issuer is one: what one signs, no other accepts. */
export function environmentClaims(environment: EnvironmentState, owner: string): readonly Claim[] {
  if (!environment) return []
  const { hosts, issuer } = environment
  const issuers = issuer ? [{ kind: 'issuer', value: issuer.url, owner }] : []
  return [...hosts.map((value) => ({ kind: 'host', value, owner })), ...issuers]
}
