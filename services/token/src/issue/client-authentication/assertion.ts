import {
  type JsonObject,
  parseJws,
  readVerificationKey,
  signatureAlgorithms,
  verifyJws,
} from '@gatehouse/token-verifier'
import { Refused } from '../../refused.ts'
import type { TokenParts } from '../../token-parts.ts'
import type { ClientRequest } from '../token-request.ts'
import { useAssertion } from './used-assertions.ts'

const assertionRules = {
  charsMax: 8192,
  algorithms: signatureAlgorithms,
  // RFC 7523 says nothing of `typ`; the update of RFC 7523 names the second.
  types: [undefined, 'JWT', 'client-authentication+jwt'],
  parameters: ['kid'],
} as const

const skewSeconds = 60
const lifeSecondsMax = 600

/**
 * private_key_jwt (RFC 7523): signed by a key that the client registered, for this issuer alone, used once. Only the
 * issuer is an audience: an assertion for another endpoint or server must not work here.
 * @throws Refused
 */
export async function checkAssertion(
  { store }: TokenParts,
  { issuer, nowMs }: ClientRequest,
  { clientId, assertion }: { readonly clientId: string; readonly assertion: string },
  jwks: string,
): Promise<void> {
  const claims = verified(assertion, jwks)
  const { iss, sub, aud, jti, exp, nbf, iat } = claims ?? {}
  const now = Math.floor(nowMs / 1000)
  const inTime =
    isTime(exp) &&
    exp > now - skewSeconds &&
    exp <= now + lifeSecondsMax + skewSeconds &&
    [nbf, iat].every((from) => from === undefined || (isTime(from) && from <= now + skewSeconds))
  const named = typeof jti === 'string' && jti.length > 0 && jti.length <= 255
  if (iss !== clientId || sub !== clientId || aud !== issuer.url || !inTime || !named)
    throw new Refused('client_assertion_invalid')
  const expireTime = new Date((exp + skewSeconds + 1) * 1000)
  if (!(await useAssertion(store.pool, clientId, jti, expireTime))) throw new Refused('client_assertion_replayed')
}

function verified(assertion: string, jwks: string): JsonObject | undefined {
  const jws = parseJws(assertion, assertionRules)
  if (typeof jws === 'string' || jwks === '') return undefined
  const { keys } = JSON.parse(jwks) as { readonly keys: readonly { readonly kid?: unknown }[] }
  const named = jws.header.kid === undefined ? keys : keys.filter(({ kid }) => kid === jws.header.kid)
  for (const jwk of named) {
    const key = readVerificationKey(jwk, jws.header.alg)
    const claims = key && verifyJws(jws, key)
    if (typeof claims === 'object') return claims
  }
  return undefined
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 8.64e12
}
