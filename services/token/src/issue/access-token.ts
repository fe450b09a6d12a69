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
  const time = issueTime(parts, place, facts)
  const issuedAt = time instanceof Promise ? await time : time
  const expiresAt = Math.min(
    issuedAt + target.tokens.lifetimeSeconds,
    Math.floor((facts.expiresBeforeMs ?? Number.POSITIVE_INFINITY) / 1000),
  )
  const tokenId = newTokenId()
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
    ...grantClaims(facts),
  })
  const { environmentId } = environment
  const signed = parts.keys.sign(environmentId, target.tokens.algorithm, 'at+jwt', payload)
  const jwt = typeof signed === 'string' ? signed : await signed
  const text =
    target.tokens.form === 'jwt'
      ? jwt
      : await issueReferenceToken(parts, environmentId, target.tokens.form, jwt, new Date(expiresAt * 1000))
  const tokenType = facts.confirmation && 'jkt' in facts.confirmation ? 'DPoP' : 'Bearer'
  return { text, tokenId, expiresIn: expiresAt - issuedAt, tokenType }
}

/** What only some tokens say; members that are undefined are left out of the JSON. */
function grantClaims(facts: AccessTokenFacts) {
  const { grantId, sessionId, authTime, confirmation, actor, authorizationDetails, originTokenIds } = facts
  return {
    grant_id: grantId || undefined,
    sid: sessionId || undefined,
    auth_time: authTime && Math.floor(authTime.getTime() / 1000),
    cnf: confirmation,
    act: actor,
    authorization_details: authorizationDetails ? JSON.parse(authorizationDetails) : undefined,
    origin_jtis: originTokenIds?.length ? originTokenIds : undefined,
  }
}

/**
 * Unix seconds. Whole seconds cannot tell what was issued right after a cut-off from what was issued right before, and
 * that is refused: a new token belongs to the next second.
 */
function issueTime(
  { views }: TokenParts,
  { environment, nowMs }: Place,
  { clientId, subject }: AccessTokenFacts,
): number | Promise<number> {
  const { environmentId } = environment
  const now = Math.floor(nowMs / 1000)
  const after = (cutoff: Date | undefined) =>
    cutoff && now * 1000 <= cutoff.getTime() && cutoff.getTime() <= nowMs ? now + 1 : now
  const cutoff = views.cutoffOf({ environmentId, clientId, userId: subject === clientId ? undefined : subject })
  return cutoff instanceof Promise ? cutoff.then(after) : after(cutoff)
}

/** What the decision record says of an issued token. */
export function issuedFacts(
  { target, subscription }: Entitlement,
  { tokenId }: AccessToken,
  scopes: readonly string[],
): Partial<Facts> {
  return { apiId: target.api.apiId, subscriptionId: subscription.subscriptionId, tokenId, scopes: [...scopes] }
}
