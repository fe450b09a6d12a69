import type { User } from '@gatehouse/contracts/token/v1/grant'
import { UserState } from '@gatehouse/contracts/token/v1/grant'
import type { GetUserInfoRequest, GetUserInfoResponse } from '@gatehouse/contracts/token/v1/token_service'
import { FactsOf, Refused, refusalOf } from '../refused.ts'
import type { TokenParts } from '../token-parts.ts'
import { placeOf } from './token-request.ts'

/**
 * The userinfo endpoint (OpenID Connect core section 5.3), for an access token that the gateway has verified: what its
 * scopes tell of its user.
 * @throws UNAVAILABLE when it cannot be known at the moment
 */
export async function getUserInfo(parts: TokenParts, request: GetUserInfoRequest): Promise<GetUserInfoResponse> {
  const { environment } = placeOf(parts.state, request.endpoint)
  const { userId, clientId, scopes } = request
  const facts = new FactsOf()
  facts.add({ userId, clientId, scopes: [...scopes] })
  try {
    if (!scopes.includes('openid')) throw new Refused('openid_scope_missing')
    const user = await parts.signIn.users.byId(userId)
    const active = user?.state === UserState.USER_STATE_ACTIVE && user.environmentId === environment.environmentId
    if (!user || !active) throw new Refused('user_inactive')
    return { result: { $case: 'body', value: JSON.stringify(claimsOf(user, scopes)) }, facts: facts.as('ok') }
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    return { result: { $case: 'refusal', value: refusalOf(error.reason) }, facts: facts.as(error.reason) }
  }
}

/** Section 5.4: which scope tells which claims; an empty claim is not told. */
function claimsOf({ userId, username, claims }: User, scopes: readonly string[]): Record<string, unknown> {
  const told = {
    ...(scopes.includes('profile') && {
      name: claims?.name,
      given_name: claims?.givenName,
      family_name: claims?.familyName,
      preferred_username: username,
      locale: claims?.locale,
    }),
    ...(scopes.includes('email') && claims?.email && { email: claims.email, email_verified: claims.emailVerified }),
  }
  return {
    sub: userId,
    ...Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined && value !== '')),
  }
}
