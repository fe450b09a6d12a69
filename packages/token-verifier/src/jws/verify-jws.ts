import { constants, verify } from 'node:crypto'
import type { VerificationKey } from '../jwk/verification-key.ts'
import { type Jws, unverifiedClaims } from './parse-jws.ts'
import type { JsonObject } from './strict-json.ts'

const es256Bytes = 64

/**
 * The claims of a JWS whose signature is right, or what is wrong with it. The key says the algorithm, not the header
 * (RFC 8725 section 3.1).
 */
export function verifyJws(jws: Jws, key: VerificationKey): JsonObject | 'signature_invalid' | 'malformed' {
  if (jws.header.alg !== key.alg || !signatureIsRight(jws, key)) return 'signature_invalid'
  return unverifiedClaims(jws) ?? 'malformed'
}

/** In this thread: handing it to the pool costs 30 µs, and saves 60 to 110 (ES256) or 25 (RS256). */
function signatureIsRight({ signedText, signature }: Jws, { alg, key }: VerificationKey): boolean {
  const text = Buffer.from(signedText, 'latin1')
  switch (alg) {
    case 'ES256':
      // RFC 7518 section 3.4: r and s of 32 bytes each; DER is another format.
      return signature.length === es256Bytes && verify('sha256', text, { key, dsaEncoding: 'ieee-p1363' }, signature)
    case 'RS256':
      return verify('sha256', text, { key, padding: constants.RSA_PKCS1_PADDING }, signature)
    case 'PS256':
      // RFC 7518 section 3.5: the salt is as long as the digest.
      return verify('sha256', text, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }, signature)
    case 'EdDSA':
      return verify(null, text, key, signature)
  }
}

const saltLength = constants.RSA_PSS_SALTLEN_DIGEST
