import { createCipheriv, createDecipheriv, hash, hkdfSync } from 'node:crypto'
import { packParts, unpackParts } from './pack.ts'

/** What a phantom or split token is found by: base64url of the SHA-256 of what its client holds. */
export function referenceTokenId(text: string): string {
  return hash('sha256', text, 'base64url')
}

const keyBytes = 32
const ivBytes = 12
// NIST SP 800-38D section 5.2.1.2 allows 96 bits; the JWT behind it is signed besides.
const tagBytes = 12

/** Seals the JWT of a phantom token so that only who holds the token opens it: AES-256-GCM, ciphertext ‖ tag. */
export function sealPhantom(text: string, jwt: string): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', ...secretsOf(text), { authTagLength: tagBytes })
  return Buffer.concat([cipher.update(packParts(jwt)), cipher.final(), cipher.getAuthTag()])
}

/** The JWT of a phantom token; undefined when the content is not of this token. */
export function openPhantom(text: string, content: Uint8Array): string | undefined {
  if (content.length < tagBytes) return undefined
  const decipher = createDecipheriv('aes-256-gcm', ...secretsOf(text), { authTagLength: tagBytes })
  decipher.setAuthTag(content.subarray(content.length - tagBytes))
  try {
    const jwt = decipher.update(content.subarray(0, content.length - tagBytes))
    return unpackParts(Buffer.concat([jwt, decipher.final()]))
  } catch {
    return undefined
  }
}

/**
 * Key and IV. 256 random bits stand in the text: one pass of HKDF is enough. The key seals one JWT and never another, so
 * that the IV need not be random, nor kept.
 */
function secretsOf(text: string): readonly [key: Uint8Array, iv: Uint8Array] {
  const secrets = new Uint8Array(hkdfSync('sha256', text, '', 'gatehouse phantom token', keyBytes + ivBytes))
  return [secrets.subarray(0, keyBytes), secrets.subarray(keyBytes)]
}

/** Takes a JWT apart for the split form: the client holds the signature, the rest is kept. */
export function splitToken(jwt: string): { readonly text: string; readonly content: Uint8Array } {
  const dot = jwt.lastIndexOf('.')
  return { text: jwt.slice(dot + 1), content: packParts(jwt.slice(0, dot)) }
}

/** The JWT of a split token; undefined for content that is none. Whether the parts belong together its signature tells. */
export function joinSplit(text: string, content: Uint8Array): string | undefined {
  const rest = unpackParts(content)
  return rest === undefined ? undefined : `${rest}.${text}`
}
