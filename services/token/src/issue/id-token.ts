import { hash } from 'node:crypto'
import type { ClientRegistration } from '@gatehouse/contracts/credential/v1/client_registration'
import type { Grant } from '@gatehouse/contracts/token/v1/grant'
import type { SigningAlgorithmName } from '@gatehouse/policy-engine'
import type { TokenParts } from '../token-parts.ts'
import type { Place } from './token-request.ts'

/** As long as the client has to take it in: it says who signed in, and opens nothing. */
const lifeSeconds = 3600

/** What a client's ID tokens and logout tokens are signed with. */
export function idTokenAlgorithm({ idTokenSignedResponseAlg }: ClientRegistration): SigningAlgorithmName {
  return idTokenSignedResponseAlg === 'RS256' ? 'RS256' : 'ES256'
}

export interface IdTokenFacts {
  readonly grant: Grant
  /** The access token beside it, as the client gets it. */
  readonly accessToken: string
  /** Answers the authorization request, whose nonce it repeats; a refreshed one does not (OpenID Connect core 12.2). */
  readonly first: boolean
  readonly algorithm: SigningAlgorithmName
}

/** An ID token (OpenID Connect core section 2): for its client alone, never taken as an access token. */
export function makeIdToken({ keys }: TokenParts, { issuer, nowMs }: Place, facts: IdTokenFacts) {
  const { grant, accessToken, first, algorithm } = facts
  const issuedAt = Math.floor(nowMs / 1000)
  const payload = {
    iss: issuer.url,
    sub: grant.userId,
    // One audience, so `azp` is left out (section 3.1.3.7).
    aud: grant.clientId,
    iat: issuedAt,
    exp: issuedAt + lifeSeconds,
    ...(grant.authTime && { auth_time: Math.floor(grant.authTime.getTime() / 1000) }),
    ...(first && grant.nonce && { nonce: grant.nonce }),
    at_hash: accessTokenHash(accessToken),
    ...(grant.sessionId && { sid: grant.sessionId }),
  }
  return keys.sign(grant.environmentId, algorithm, 'JWT', JSON.stringify(payload))
}

/** Section 3.1.3.6: the left half of its SHA-256. */
function accessTokenHash(accessToken: string): string {
  return hash('sha256', accessToken, 'buffer').subarray(0, 16).toString('base64url')
}
