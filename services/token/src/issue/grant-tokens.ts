import type { IssuedTokens } from '@gatehouse/contracts/token/v1/token_service'
import { GatehouseError } from '@gatehouse/errors'
import type { OAuthReason } from '@gatehouse/policy-engine'
import { identityScopes } from '../authorize/check-scopes.ts'
import type { ExistingGrant } from '../domain/grant/grant.ts'
import { Refused } from '../refused.ts'
import type { TokenParts } from '../token-parts.ts'
import { type AccessTokenFacts, makeAccessToken } from './access-token.ts'
import type { AuthenticatedClient } from './client-authentication/client-authentication.ts'
import { noTokens } from './grant-types/grant-type.ts'
import { idTokenAlgorithm, makeIdToken } from './id-token.ts'
import { makeIdentityToken } from './identity-token.ts'
import type { Confirmation } from './sender-constraint.ts'
import type { ClientRequest } from './token-request.ts'
import type { UsableGrant } from './usable-grant.ts'

/**
 * What the refresh tokens are bound to: those of a public client to the key of its proof (RFC 9449 section 5, RFC 8705
 * section 4); a confidential client's are bound to its authentication, and its keys may change.
 */
export function refreshBinding(confirmation: Confirmation | undefined, { confidential }: AuthenticatedClient): string {
  if (confidential || !confirmation) return ''
  return 'jkt' in confirmation ? confirmation.jkt : confirmation['x5t#S256']
}

/** What a client may get by now of the scopes that a grant gives. @throws Refused `scope_invalid` when that is nothing */
export function scopesInForce({ entitlement }: UsableGrant, wanted: readonly string[]): readonly string[] {
  const entitled = entitlement?.subscription.scopes ?? []
  const scopes = wanted.filter((scope) => identityScopes.has(scope) || entitled.includes(scope))
  if (wanted.length > 0 && scopes.length === 0) throw new Refused('scope_invalid')
  return scopes
}

export interface TokensWanted {
  readonly client: AuthenticatedClient
  readonly usable: UsableGrant
  /** As the command left the grant. */
  readonly found: ExistingGrant
  readonly scopes: readonly string[]
  readonly confirmation: Confirmation | undefined
  /** The code was redeemed just now. */
  readonly first: boolean
}

/** The tokens of a grant: access token, refresh token where it has any, ID token with `openid`. */
export async function grantTokens(
  parts: TokenParts,
  request: ClientRequest,
  { client, usable: { entitlement }, found, scopes, confirmation, first }: TokensWanted,
): Promise<IssuedTokens> {
  const { grant, generation } = found
  const { environmentId, grantId, authorizationDetails } = grant
  const facts: AccessTokenFacts = {
    ...{ subject: grant.userId, clientId: grant.clientId, scopes, grantId, sessionId: grant.sessionId },
    ...{ authTime: grant.authTime, confirmation, authorizationDetails },
  }
  const token = entitlement
    ? await makeAccessToken(parts, request, entitlement, facts)
    : await makeIdentityToken(parts, request, facts)
  const { tokenId, text: accessToken, tokenType } = token
  request.facts.add({ tokenId, subscriptionId: grant.subscriptionId, scopes: [...scopes] })
  const refresh = { environmentId, id: grantId, number: Number(generation) }
  const openid = scopes.includes('openid')
  const algorithm = idTokenAlgorithm(client.registration)
  return {
    ...noTokens,
    ...{ accessToken, tokenType, expiresIn: BigInt(token.expiresIn), scope: scopes.join(' '), authorizationDetails },
    refreshToken: generation === undefined ? '' : parts.handles.mint('refresh_token', refresh),
    idToken: openid ? await makeIdToken(parts, request, { grant, accessToken, first, algorithm }) : '',
  }
}

const reasons: ReadonlyMap<string, OAuthReason> = new Map<string, OAuthReason>([
  ['GRANT_NOT_FOUND', 'grant_invalid'],
  ['GRANT_OF_OTHER_CLIENT', 'grant_of_another_client'],
  ['GRANT_REVOKED', 'grant_revoked'],
  ['GRANT_EXPIRED', 'grant_expired'],
  ['USER_SUSPENDED', 'user_suspended'],
  ['USER_NOT_FOUND', 'user_suspended'],
  ['DEVICE_CODE_OF_OTHER_CLIENT', 'device_code_of_another_client'],
  ['DEVICE_CODE_REDEEMED', 'device_code_redeemed'],
  ['EXPIRED_TOKEN', 'device_code_expired'],
  ['CODE_OF_OTHER_KIND', 'code_invalid'],
  ['CODE_EXPIRED', 'code_expired'],
  ['CODE_VERIFIER_MISMATCH', 'code_verifier_mismatch'],
  ['REDIRECT_URI_MISMATCH', 'redirect_uri_mismatch'],
  ['DPOP_KEY_MISMATCH', 'dpop_key_mismatch'],
  ['REFRESH_TOKEN_UNKNOWN', 'refresh_token_invalid'],
  ['REFRESH_TOKEN_IDLE', 'refresh_token_idle'],
  ['REFRESH_TOKEN_KEY_MISMATCH', 'refresh_token_key_mismatch'],
  ['SCOPE_NOT_GRANTED', 'scope_invalid'],
])

/** Says as a protocol's refusal what the domain refuses. */
export function orRefused(error: unknown): never {
  const reason = error instanceof GatehouseError ? reasons.get(error.reason) : undefined
  throw reason ? new Refused(reason, { cause: error }) : error
}
