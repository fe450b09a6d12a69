import type { Scope } from '@gatehouse/contracts/policy/v1/token_settings'
import { child, entries, isObject, type Place, type Problems } from './place.ts'

const flows = ['authorizationCode', 'clientCredentials', 'deviceAuthorization']

/**
 * The scopes that the flows of an `oauth2` scheme declare, with their words. Where its endpoints are is passed over:
 * that is for the environment's issuer to say.
 */
export function readFlows(problems: Problems, scheme: Place): readonly Scope[] {
  const place = child(scheme, 'flows')
  if (!isObject(place.value)) problems.add(place, 'must be an object from flow to its scopes')
  const scopes = new Map<string, string>()
  for (const [name, flow] of entries(place)) {
    if (name.startsWith('x-')) continue
    // OAuth 2.1 has neither: both hand out what others can steal.
    if (!flows.includes(name)) problems.add(flow, `is not supported; there are ${flows.join(', ')}`)
    else for (const scope of readScopes(problems, child(flow, 'scopes'))) scopes.set(scope.name, scope.description)
  }
  return [...scopes].map(([name, description]) => ({ name, description }))
}

/** An object from scope to the words for it. */
export function readScopes(problems: Problems, place: Place): readonly Scope[] {
  if (!isObject(place.value)) problems.add(place, 'must be an object from scope to its description')
  return entries(place).map(([name, { value, pointer }]) => {
    if (typeof value !== 'string') problems.add({ value, pointer }, 'must be a text')
    return { name, description: typeof value === 'string' ? value : '' }
  })
}
