import { createPublicKey, type JsonWebKeyInput, type KeyObject, X509Certificate } from 'node:crypto'

const charsMax = 32 * 1024
const keysMax = 20
const rsaBitsMin = 2048
/** RFC 7518 sections 6.2.2, 6.3.2 and 6.4: what must not be public. */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']
const algorithms: Readonly<Record<string, readonly string[]>> = {
  EC: ['ES256'],
  RSA: ['RS256', 'PS256'],
  OKP: ['EdDSA'],
}
const curves: Readonly<Record<string, string>> = { EC: 'P-256', OKP: 'Ed25519' }

type Key = JsonWebKeyInput['key'] & { readonly kid?: unknown; readonly x5c?: unknown }

/**
 * Why a text cannot be the key set of a client; undefined when it can: a JWK Set (RFC 7517) of public keys, P-256,
 * Ed25519 or RSA from 2048 bits on, each with its own `kid` where there are several.
 * @param certificates every key must come with its certificate (`x5c`)
 */
export function jwksFault(text: string, certificates: boolean): string | undefined {
  if (text.length > charsMax) return `must have at most ${charsMax} characters`
  const keys = keysOf(text)
  if (!keys) return 'must be a JWK Set: {"keys": […]}'
  if (keys.length === 0 || keys.length > keysMax) return `must hold 1 to ${keysMax} keys`
  for (const [index, key] of keys.entries()) {
    const fault = keyFault(key) ?? certificateFault(key, certificates)
    if (fault) return `keys[${index}] ${fault}`
  }
  const ids = keys.map(({ kid }) => kid)
  if (keys.length > 1 && ids.some((kid) => typeof kid !== 'string' || kid === '')) return 'must name each key by kid'
  return new Set(ids).size === ids.length ? undefined : 'must not hold a kid twice'
}

function keysOf(text: string): readonly Key[] | undefined {
  try {
    const set: unknown = JSON.parse(text)
    if (typeof set !== 'object' || set === null || !('keys' in set) || !Array.isArray(set.keys)) return undefined
    return set.keys.every((key) => typeof key === 'object' && key !== null) ? set.keys : undefined
  } catch {
    return undefined
  }
}

function keyFault(key: Key): string | undefined {
  const known = Object.hasOwn(algorithms, String(key.kty)) ? algorithms[String(key.kty)] : undefined
  if (!known) return 'must be of kty EC, OKP or RSA'
  const leaked = privateMembers.find((name) => Object.hasOwn(key, name))
  if (leaked) return `must be a public key: it has ${leaked}`
  if (key.use !== undefined && key.use !== 'sig') return 'must have use sig, or none'
  if (key.alg !== undefined && !known.includes(String(key.alg))) return `must have alg ${known.join(' or ')}, or none`
  const curve = curves[String(key.kty)]
  if (curve && key.crv !== curve) return `must be on the curve ${curve}`
  const publicKey = publicKeyOf(key)
  if (curve) return publicKey ? undefined : 'must be a point of its curve'
  const { modulusLength, publicExponent } = publicKey?.asymmetricKeyDetails ?? {}
  if (!modulusLength || modulusLength < rsaBitsMin) return `must have at least ${rsaBitsMin} bits`
  // An exponent of 1 makes every message its own signature.
  return publicExponent && publicExponent >= 3n && publicExponent % 2n === 1n ? undefined : 'must have an odd e from 3'
}

function publicKeyOf(key: Key): KeyObject | undefined {
  try {
    return createPublicKey({ key: { ...key }, format: 'jwk' })
  } catch {
    return undefined
  }
}

/** The first certificate of `x5c` (RFC 7517 section 4.7) must be of this key. */
function certificateFault(key: Key, needed: boolean): string | undefined {
  if (key.x5c === undefined) return needed ? 'must have its certificate in x5c' : undefined
  const first: unknown = Array.isArray(key.x5c) ? key.x5c[0] : undefined
  if (typeof first !== 'string') return 'must have x5c as a list of certificates in base64'
  try {
    const { publicKey } = new X509Certificate(Buffer.from(first, 'base64'))
    return publicKeyOf(key)?.equals(publicKey) ? undefined : 'must be the key of its certificate in x5c'
  } catch {
    return 'must have x5c as a list of certificates in base64'
  }
}
