import { generateKeyPairSync, hash, randomUUID, sign } from 'node:crypto'
import { type JsonObject, thumbprint } from '@gatehouse/token-verifier'

/** A client's key that signs proofs of possession (RFC 9449). */
export function createProver() {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { kty, crv, x, y } = publicKey.export({ format: 'jwk' })
  const jwk: JsonObject = { kty, crv, x, y }
  const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url')

  function proof(claims: JsonObject, header: JsonObject = {}): string {
    const payload = { jti: randomUUID(), iat: Math.floor(Date.now() / 1000), htm: 'GET', ...claims }
    const text = `${encode({ typ: 'dpop+jwt', alg: 'ES256', jwk, ...header })}.${encode(payload)}`
    const signature = sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' })
    return `${text}.${signature.toString('base64url')}`
  }
  return { jwk, privateJwk: privateKey.export({ format: 'jwk' }), thumbprint: thumbprint(jwk), proof }
}

export const athOf = (accessToken: string) => hash('sha256', accessToken, 'base64url')
