import type { TokenParts } from '../token-parts.ts'
import type { AccessToken, AccessTokenFacts } from './access-token.ts'
import { newTokenId } from './token-id.ts'
import type { Place } from './token-request.ts'

const lifeSeconds = 3600

/**
 * The access token of a grant for no API: its audience is the issuer itself, where it opens the userinfo endpoint and
 * nothing else.
 */
export async function makeIdentityToken(
  { keys }: TokenParts,
  { issuer, environment, nowMs }: Place,
  { subject, clientId, scopes, grantId, sessionId, authTime, confirmation }: AccessTokenFacts,
): Promise<AccessToken> {
  const issuedAt = Math.floor(nowMs / 1000)
  const tokenId = newTokenId()
  const payload = JSON.stringify({
    ...{ iss: issuer.url, sub: subject, aud: issuer.url, client_id: clientId },
    ...{ iat: issuedAt, exp: issuedAt + lifeSeconds, jti: tokenId, scope: scopes.join(' ') },
    ...{ grant_id: grantId, sid: sessionId },
    ...(authTime && { auth_time: Math.floor(authTime.getTime() / 1000) }),
    ...(confirmation && { cnf: confirmation }),
  })
  const text = await keys.sign(environment.environmentId, 'ES256', 'at+jwt', payload)
  const tokenType = confirmation && 'jkt' in confirmation ? 'DPoP' : 'Bearer'
  return { text, tokenId, expiresIn: lifeSeconds, tokenType }
}
