import { hash } from 'node:crypto'
import type { JsonObject } from '../jws/strict-json.ts'

/** RFC 7638 section 3: base64url of the SHA-256 of a key's required members in order, without white space. */
export function thumbprint(jwk: JsonObject): string {
  const { kty, crv, x, y, n, e } = jwk
  const required = kty === 'RSA' ? { e, kty, n } : { crv, kty, x, y }
  return hash('sha256', JSON.stringify(required), 'base64url')
}

/** `x5t#S256` (RFC 8705 section 3.1): base64url of the SHA-256 of a certificate. @param der its bytes */
export function certificateThumbprint(der: Uint8Array): string {
  return hash('sha256', der, 'base64url')
}
