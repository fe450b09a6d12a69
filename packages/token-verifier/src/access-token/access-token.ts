import { isObject, type JsonObject } from '../jws/strict-json.ts'
import { clockSkewSeconds, type TokenFault, tokenLifetimeSecondsMax } from './token-fault.ts'

/** What an access token of ours says (RFC 9068 section 2.2), checked. Times in Unix seconds. */
export interface AccessToken {
  readonly issuer: string
  /** The user, or the client itself. */
  readonly subject: string
  /** The one resource that it is for. */
  readonly audience: string
  readonly clientId: string
  /** `jti`: what revocations name. */
  readonly tokenId: string
  readonly issuedAt: number
  readonly expiresAt: number
  readonly scopes: readonly string[]
  readonly subscriptionId: string | undefined
  /** The grant that it comes from; undefined: the client's own. */
  readonly grantId: string | undefined
  /** The user; undefined where the client acts for itself. */
  readonly userId: string | undefined
  /** The tokens that it was exchanged from: it dies with each of them. */
  readonly originTokenIds: readonly string[]
  readonly confirmation: Confirmation | undefined
  /** Everything that it says. */
  readonly claims: JsonObject
}

/** The key that the sender must prove to hold (RFC 7800 section 3). */
export type Confirmation =
  | { readonly method: 'dpop'; readonly thumbprint: string }
  | { readonly method: 'certificate'; readonly thumbprint: string }

const textCharsMax = 255
const scopesMax = 256
const originsMax = 16
// RFC 7518 section 6 and RFC 9449 section 6.1: base64url of a SHA-256.
const digestText = /^[A-Za-z0-9_-]{43}$/
const visible = /^[\x21-\x7e]+$/
// RFC 6749 section 3.3.
const scopeText = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/

/** Reads the claims of a token whose signature is right. */
export function readAccessToken(claims: JsonObject, issuer: string, nowMs: number): AccessToken | TokenFault {
  if (claims['iss'] !== issuer) return 'token_issuer_wrong'
  const { sub, aud, client_id: clientId, jti: tokenId, iat, exp, nbf } = claims
  // We write one audience, as a string: a list of several is none of ours, and a token for many is good at each.
  if (typeof aud !== 'string' || aud === '') return 'token_audience_wrong'
  if (!isName(sub) || !isName(clientId) || !isName(tokenId)) return 'token_claims_invalid'
  if (!isTime(iat) || !isTime(exp) || (nbf !== undefined && !isTime(nbf))) return 'token_claims_invalid'
  if (exp <= iat || exp - iat > tokenLifetimeSecondsMax) return 'token_claims_invalid'
  const rest = readPrivateClaims(claims)
  if (!rest) return 'token_claims_invalid'
  if (nowMs >= (exp + clockSkewSeconds) * 1000) return 'token_expired'
  if (Math.max(iat, nbf ?? iat) * 1000 > nowMs + clockSkewSeconds * 1000) return 'token_not_yet_valid'
  const userId = sub === clientId ? undefined : sub
  const ids = { issuer, subject: sub, audience: aud, clientId, tokenId, userId }
  return { ...ids, issuedAt: iat, expiresAt: exp, ...rest, claims }
}

type PrivateClaims = Pick<AccessToken, 'scopes' | 'subscriptionId' | 'grantId' | 'originTokenIds' | 'confirmation'>

function readPrivateClaims(claims: JsonObject): PrivateClaims | undefined {
  const { scope, subscription_id: subscriptionId, grant_id: grantId, origin_jtis: origins, cnf } = claims
  const scopes = readScopes(scope)
  const originTokenIds = readOrigins(origins)
  const confirmation = cnf === undefined ? undefined : readConfirmation(cnf)
  if (!scopes || !originTokenIds || (cnf !== undefined && !confirmation)) return undefined
  if (!isNameOrAbsent(subscriptionId) || !isNameOrAbsent(grantId)) return undefined
  return { scopes, subscriptionId, grantId, originTokenIds, confirmation }
}

function readScopes(scope: unknown): readonly string[] | undefined {
  if (scope === undefined || scope === '') return []
  if (typeof scope !== 'string' || !scopeText.test(scope)) return undefined
  const scopes = scope.split(' ')
  return scopes.length <= scopesMax ? scopes : undefined
}

function readOrigins(origins: unknown): readonly string[] | undefined {
  if (origins === undefined) return []
  return Array.isArray(origins) && origins.length <= originsMax && origins.every(isName) ? origins : undefined
}

/** A confirmation of a kind that we do not know would go unchecked. */
function readConfirmation(cnf: unknown): Confirmation | undefined {
  if (!isObject(cnf) || Object.keys(cnf).length !== 1) return undefined
  const { jkt, 'x5t#S256': x5t } = cnf
  if (typeof jkt === 'string' && digestText.test(jkt)) return { method: 'dpop', thumbprint: jkt }
  if (typeof x5t === 'string' && digestText.test(x5t)) return { method: 'certificate', thumbprint: x5t }
  return undefined
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length <= textCharsMax && visible.test(value)
}

function isNameOrAbsent(value: unknown): value is string | undefined {
  return value === undefined || isName(value)
}

/** Whole seconds after 1970 that a Date can hold. */
function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 8.64e12
}
