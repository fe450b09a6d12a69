import { parseScopes } from '../issue/entitlement.ts'
import { Refused } from '../refused.ts'

/** Scopes of OpenID Connect, which belong to no API, with the words that users are shown. */
export const identityScopes: ReadonlyMap<string, string> = new Map([
  ['openid', 'Know who you are'],
  ['profile', 'See your name and language'],
  ['email', 'See your e-mail address'],
  ['offline_access', 'Keep access while you are away'],
])

/**
 * What a client asks of a user: scopes of OpenID Connect and those that its subscription is entitled to; without a
 * request all of the latter.
 * @throws Refused `scope_invalid` when one is beyond that, or nothing is left to ask for
 */
export function checkScopes(requested: string | undefined, entitled: readonly string[]): readonly string[] {
  const scopes = requested === undefined ? entitled : parseScopes(requested)
  const known = scopes.every((scope) => identityScopes.has(scope) || entitled.includes(scope))
  if (!known || scopes.length === 0) throw new Refused('scope_invalid')
  return scopes
}
