import { createPublicKey, type KeyObject } from 'node:crypto'
import { decodeBase64url } from '../jws/base64url.ts'
import { isObject, type JsonObject } from '../jws/strict-json.ts'

export type SignatureAlgorithm = 'ES256' | 'RS256' | 'PS256' | 'EdDSA'
/** What clients may sign with. Access tokens are ES256 or RS256. */
export const signatureAlgorithms: readonly SignatureAlgorithm[] = ['ES256', 'RS256', 'PS256', 'EdDSA']

/** A public key that is used with one algorithm only. */
export interface VerificationKey {
  readonly alg: SignatureAlgorithm
  readonly key: KeyObject
}

const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']
const rsaBitsMin = 2048
/** A larger one only makes each check slower: 8192 bits cost 0.3 ms. */
const rsaBitsMax = 8192
const rsaExponentMin = 65_537n
const coordinateBytes = 32

/**
 * Reads a public JWK (RFC 7517) for one algorithm; undefined when it is of another algorithm, use or kind, weak, off its
 * curve, or holds a private part: a key that was given away proves nothing.
 */
export function readVerificationKey(jwk: unknown, alg: SignatureAlgorithm): VerificationKey | undefined {
  if (!isObject(jwk) || !maySign(jwk, alg)) return undefined
  try {
    const key = readers[alg](jwk)
    return key && { alg, key }
  } catch {
    return undefined
  }
}

function maySign(jwk: JsonObject, alg: SignatureAlgorithm): boolean {
  if (privateMembers.some((name) => name in jwk)) return false
  if (jwk['alg'] !== undefined && jwk['alg'] !== alg) return false
  if (jwk['use'] !== undefined && jwk['use'] !== 'sig') return false
  const operations = jwk['key_ops']
  return operations === undefined || (Array.isArray(operations) && operations.includes('verify'))
}

function readEc({ kty, crv, x, y }: JsonObject): KeyObject | undefined {
  if (kty !== 'EC' || crv !== 'P-256' || typeof x !== 'string' || typeof y !== 'string') return undefined
  if (decodeBase64url(x)?.length !== coordinateBytes || decodeBase64url(y)?.length !== coordinateBytes) return undefined
  return createPublicKey({ format: 'jwk', key: { kty, crv, x, y } })
}

function readEd25519({ kty, crv, x }: JsonObject): KeyObject | undefined {
  if (kty !== 'OKP' || crv !== 'Ed25519' || typeof x !== 'string') return undefined
  if (decodeBase64url(x)?.length !== coordinateBytes) return undefined
  return createPublicKey({ format: 'jwk', key: { kty, crv, x } })
}

function readRsa({ kty, n, e }: JsonObject): KeyObject | undefined {
  if (kty !== 'RSA' || typeof n !== 'string' || typeof e !== 'string') return undefined
  if (!decodeBase64url(n) || !decodeBase64url(e)) return undefined
  const key = createPublicKey({ format: 'jwk', key: { kty, n, e } })
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {}
  const strong = modulusLength >= rsaBitsMin && modulusLength <= rsaBitsMax && publicExponent >= rsaExponentMin
  return strong && publicExponent % 2n === 1n ? key : undefined
}

const readers: { readonly [Alg in SignatureAlgorithm]: (jwk: JsonObject) => KeyObject | undefined } = {
  ES256: readEc,
  RS256: readRsa,
  PS256: readRsa,
  EdDSA: readEd25519,
}
