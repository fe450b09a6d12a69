import type { ApiKeyRestrictions } from '@gatehouse/contracts/credential/v1/api_key'

/** The restrictions without fields that this version does not know: they would go unchecked into an event. */
export function knownRestrictions(restrictions: ApiKeyRestrictions | undefined): ApiKeyRestrictions | undefined {
  if (!restrictions) return undefined
  const { cidrs, operations, scopes } = restrictions
  return { cidrs, operations, scopes }
}
