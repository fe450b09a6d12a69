import type { PolicyEvent } from '@gatehouse/contracts/events'
import { Environment } from '@gatehouse/contracts/policy/v1/environment'
import type { Claim, Decider } from '@gatehouse/event-store'
import { sameContent } from '../same-content.ts'
import { Violations } from '../violations.ts'

export interface PutEnvironment {
  readonly type: 'put_environment'
  /** Valid. */
  readonly environment: Environment
  readonly time: Date
}

export type EnvironmentState =
  | (Environment & {
      /** Of every identity provider that it ever had, by id. */
      readonly providerIssuers: ReadonlyMap<string, string>
    })
  | undefined

export const environmentDecider: Decider<EnvironmentState, PolicyEvent, PutEnvironment> = {
  initialState: undefined,
  evolve(state, event) {
    if (event.type !== 'gatehouse.policy.v1.EnvironmentPut' || !event.data.environment) return state
    const { environment } = event.data
    const issuers = providersOf(environment).map(({ providerId, issuer }) => [providerId, issuer] as const)
    return { ...environment, providerIssuers: new Map([...issuers, ...(state?.providerIssuers ?? [])]) }
  },
  decide({ environment, time }, state) {
    if (state && sameContent(Environment, state, environment)) return []
    checkProviderIssuers(environment, state)
    return [{ type: 'gatehouse.policy.v1.EnvironmentPut', data: { environment, putTime: time } }]
  },
}

const providersOf = ({ issuer }: Environment) => issuer?.identityProviders ?? []

/** Users are linked by provider and subject: another issuer under the same id could speak for all of them. */
function checkProviderIssuers(environment: Environment, state: EnvironmentState): void {
  const violations = new Violations()
  for (const [index, { providerId, issuer }] of providersOf(environment).entries()) {
    const before = state?.providerIssuers.get(providerId) ?? issuer
    const field = `environment.issuer.identity_providers[${index}].issuer`
    violations.require(issuer === before, field, `must be ${before} as ever: another issuer is another provider_id`)
  }
  violations.throwIfAny()
}

/** A host leads to one environment only, and an issuer is one: what one signs, no other accepts. */
export function environmentClaims(environment: Environment | undefined, owner: string): readonly Claim[] {
  if (!environment) return []
  const { hosts, issuer } = environment
  const issuers = issuer ? [{ kind: 'issuer', value: issuer.url, owner }] : []
  return [...hosts.map((value) => ({ kind: 'host', value, owner })), ...issuers]
}
