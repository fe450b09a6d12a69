import { type Api, ApiState } from '@gatehouse/contracts/policy/v1/api'
import { invalidArgument } from '@gatehouse/errors'
import { compileApi, durationMicros } from '@gatehouse/policy-engine'
import { checkDisplayName, checkEnforcement, checkEnvironmentId, checkResourceId } from '../syntax.ts'
import { Violations } from '../violations.ts'
import { checkApiKeySources } from './validate-api-key-sources.ts'
import { checkOperations } from './validate-operations.ts'
import { checkTokens } from './validate-tokens.ts'
import { checkUpstreams } from './validate-upstreams.ts'

/** `/oauth2/…` is the token endpoint of every environment. */
const reservedApiIds = ['oauth2']
const timeoutMicrosMax = 3600e6

/**
 * The API as it is kept: published, without version.
 * @throws GatehouseError INVALID_ARGUMENT naming every field that is wrong
 */
export function validApi(given: Api | undefined): Api {
  const violations = new Violations()
  if (!given) throw invalidArgument([{ field: 'api', description: 'is required' }])
  const api = normalized(given)
  checkApi(violations, api)
  violations.throwIfAny()
  return api
}

export function checkApi(violations: Violations, api: Api): void {
  checkResourceId(violations, 'api.api_id', api.apiId)
  violations.require(!reservedApiIds.includes(api.apiId), 'api.api_id', 'is reserved')
  checkEnvironmentId(violations, 'api.environment_id', api.environmentId)
  checkDisplayName(violations, 'api.display_name', api.displayName)
  violations.require(api.state === ApiState.API_STATE_PUBLISHED, 'api.state', 'must be published or unset')
  checkUpstreams(violations, api.upstreams)
  checkApiKeySources(violations, api.apiKeySources)
  checkEnforcement(violations, 'api.enforcement', api.enforcement)
  checkTimeout(violations, 'api.forwarding.connect_timeout', api.forwarding?.connectTimeout)
  checkTimeout(violations, 'api.forwarding.response_timeout', api.forwarding?.responseTimeout)
  checkOperations(violations, api.operations)
  checkTokens(violations, api)
  if (violations.list.length > 0) return
  // What the gateways do with it; only overlapping templates are left to find.
  const compiled = compileApi(api)
  if (compiled?.kind !== 'usable') violations.add('api.operations', compiled?.problem ?? 'cannot be used')
}

export function normalized(given: Api): Api {
  const unset = given.state === ApiState.API_STATE_UNSPECIFIED
  return { ...given, state: unset ? ApiState.API_STATE_PUBLISHED : given.state, version: 0n }
}

type Duration = Parameters<typeof durationMicros>[0]

function checkTimeout(violations: Violations, field: string, timeout: Duration): void {
  if (!timeout) return
  const micros = durationMicros(timeout)
  const sound = micros !== undefined && micros >= 1000 && micros <= timeoutMicrosMax
  violations.require(sound, field, 'must be a duration between 1 ms and 1 h')
}
