import type { Facts } from '@gatehouse/contracts/token/v1/token_service'
import type { TokenParts } from '../token-parts.ts'
import type { Entitlement } from './entitlement.ts'
import { issueReferenceToken } from './reference-token.ts'
import type { Confirmation } from './sender-constraint.ts'
import { newTokenId } from './token-id.ts'
import type { Place } from './token-request.ts'

/** What an access token says beside where it is for. */
export interface AccessTokenFacts {
  /** The user, or the client itself. */
  readonly subject: string
  readonly clientId: string
  readonly scopes: readonly string[]
  /** Of the grant it comes from, of the user's sign-in. */
  readonly grantId?: string
  readonly sessionId?: string
  readonly authTime?: Date | undefined
  readonly confirmation?: Confirmation | undefined
  /** RFC 8693 section 4.1. */
  readonly actor?: Actor | undefined
  /** RFC 9396, a JSON array. */
  readonly authorizationDetails?: string
  /** The tokens it was exchanged from. */
  readonly originTokenIds?: readonly string[]
  /** At most; the API's own life otherwise. Milliseconds since 1970. */
  readonly expiresBeforeMs?: number
}

export interface Actor {
  readonly sub: string
  readonly client_id?: string
  readonly act?: Actor
}

export interface AccessToken {
  /** As its client gets it, in the form of the API. */
  readonly text: string
  readonly tokenId: string
  readonly expiresIn: number
  readonly tokenType: 'Bearer' | 'DPoP'
}

/** Makes an access token (RFC 9068) for an API, in the form that the API wants. */
export async function makeAccessToken(
  parts: TokenParts,
  place: Place,
  { target, subscription }: Entitlement,
  facts: AccessTokenFacts,
): Promise<AccessToken> {
  const { issuer, environment } = place
  const issuedAt = await issueTime(parts, place, facts)
  const expiresAt = Math.min(
    issuedAt + target.tokens.lifetimeSeconds,
    Math.floor((facts.expiresBeforeMs ?? Number.POSITIVE_INFINITY) / 1000),
  )
  const tokenId = newTokenId()
  const { confirmation, actor, authorizationDetails, authTime } = facts
  const payload = JSON.stringify({
    iss: issuer.url,
    sub: facts.subject,
    aud: target.audience,
    client_id: facts.clientId,
    iat: issuedAt,
    exp: expiresAt,
    jti: tokenId,
    scope: facts.scopes.join(' '),
    subscription_id: subscription.subscriptionId,
    ...(facts.grantId && { grant_id: facts.grantId }),
    ...(facts.sessionId && { sid: facts.sessionId }),
    ...(authTime && { auth_time: Math.floor(authTime.getTime() / 1000) }),
    ...(confirmation && { cnf: confirmation }),
    ...(actor && { act: actor }),
    ...(authorizationDetails && { authorization_details: JSON.parse(authorizationDetails) }),
    ...(facts.originTokenIds?.length && { origin_jtis: facts.originTokenIds }),
  })
  const { environmentId } = environment
  const jwt = await parts.keys.sign(environmentId, target.tokens.algorithm, 'at+jwt', payload)
  const text =
    target.tokens.form === 'jwt'
      ? jwt
      : await issueReferenceToken(parts, environmentId, target.tokens.form, jwt, new Date(expiresAt * 1000))
  const tokenType = confirmation && 'jkt' in confirmation ? 'DPoP' : 'Bearer'
  return { text, tokenId, expiresIn: expiresAt - issuedAt, tokenType }
}

/**
 * Unix seconds. Whole seconds cannot tell what was issued right after a cut-off from what was issued right before, and
 * that is refused: a new token belongs to the next second.
 */
async function issueTime(
  { views }: TokenParts,
  { environment, nowMs }: Place,
  facts: AccessTokenFacts,
): Promise<number> {
  const { environmentId } = environment
  const { clientId, subject } = facts
  const cutoff = await views.cutoffOf({ environmentId, clientId, userId: subject === clientId ? undefined : subject })
  const now = Math.floor(nowMs / 1000)
  return cutoff && now * 1000 <= cutoff.getTime() && cutoff.getTime() <= nowMs ? now + 1 : now
}

/** What the decision record says of an issued token. */
export function issuedFacts(
  { target, subscription }: Entitlement,
  { tokenId }: AccessToken,
  scopes: readonly string[],
): Partial<Facts> {
  return { apiId: target.api.apiId, subscriptionId: subscription.subscriptionId, tokenId, scopes: [...scopes] }
}
