import { constants, createHmac, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { type JsonObject, type SignatureAlgorithm, thumbprint, toLowS } from '../src/index.ts'

/** A key pair that signs whatever it is given, well-formed or not. */
export interface Signer {
  readonly alg: SignatureAlgorithm
  readonly kid: string
  readonly publicJwk: JsonObject
  readonly publicKey: KeyObject
  /** The signature over any text, ES256 as r ‖ s with the lower s. */
  signature(text: string): Buffer
  /** A compact JWS of header and payload, each an object or the very JSON text. */
  jws(header: JsonObject | string, payload: JsonObject | string): string
  /** An access token with what is given laid over what is right. */
  token(claims?: JsonObject, header?: JsonObject): string
}

export const issuer = 'https://gateway.test'
export const audience = 'https://gateway.test/orders'

export const encode = (part: JsonObject | string) =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')

/** Claims of a token for `audience` that was issued ten seconds ago for ten minutes. */
export function claims(over: JsonObject = {}): JsonObject {
  const now = Math.floor(Date.now() / 1000)
  return {
    ...{ iss: issuer, sub: 'c1', aud: audience, client_id: 'c1', jti: randomBytes(16).toString('hex') },
    ...{ iat: now - 10, exp: now + 600, scope: 'read', subscription_id: 's1' },
    ...over,
  }
}

const rsa = (modulusLength: number, publicExponent = 0x10001) =>
  generateKeyPairSync('rsa', { modulusLength, publicExponent })

export function createSigner(alg: SignatureAlgorithm = 'ES256', keys = alg === 'ES256' ? ec() : rsa(2048)): Signer {
  const { publicKey, privateKey } = keys
  const publicJwk = publicKey.export({ format: 'jwk' }) as JsonObject
  const kid = thumbprint(publicJwk)
  function signature(text: string): Buffer {
    const bytes = Buffer.from(text)
    if (alg === 'RS256') return sign('sha256', bytes, { key: privateKey, padding: constants.RSA_PKCS1_PADDING })
    return Buffer.from(toLowS(sign('sha256', bytes, { key: privateKey, dsaEncoding: 'ieee-p1363' })))
  }
  const signer: Signer = {
    ...{ alg, kid, publicJwk, publicKey, signature },
    jws(header, payload) {
      const text = `${encode(header)}.${encode(payload)}`
      return `${text}.${signature(text).toString('base64url')}`
    },
    token: (over = {}, header = {}) => signer.jws({ alg, typ: 'at+jwt', kid, ...header }, claims(over)),
  }
  return signer
}

function ec() {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
}

/** Signs as HS256 with a public key as the secret: what a verifier that trusts `alg` lets in. */
export function hmacToken(kid: string, secret: string | Buffer): string {
  const text = `${encode({ alg: 'HS256', typ: 'at+jwt', kid })}.${encode(claims())}`
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
}
