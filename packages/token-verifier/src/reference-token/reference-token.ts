import { createCipheriv, createDecipheriv, hash, hkdfSync, randomBytes } from 'node:crypto'
import { packParts, unpackParts } from './pack.ts'

/** What a phantom or split token is found by: base64url of the SHA-256 of what its client holds. */
export function referenceTokenId(text: string): string {
  return hash('sha256', text, 'base64url')
}

const ivBytes = 12
const tagBytes = 16

/** Seals the JWT of a phantom token so that only who holds the token opens it: AES-256-GCM, IV ‖ ciphertext ‖ tag. */
export function sealPhantom(text: string, jwt: string): Uint8Array {
  const iv = randomBytes(ivBytes)
  const cipher = createCipheriv('aes-256-gcm', phantomKey(text), iv)
  return Buffer.concat([iv, cipher.update(packParts(jwt)), cipher.final(), cipher.getAuthTag()])
}

/** The JWT of a phantom token; undefined when the content is not of this token. */
export function openPhantom(text: string, content: Uint8Array): string | undefined {
  if (content.length < ivBytes + tagBytes) return undefined
  const decipher = createDecipheriv('aes-256-gcm', phantomKey(text), content.subarray(0, ivBytes))
  decipher.setAuthTag(content.subarray(content.length - tagBytes))
  try {
    const jwt = decipher.update(content.subarray(ivBytes, content.length - tagBytes))
    return unpackParts(Buffer.concat([jwt, decipher.final()]))
  } catch {
    return undefined
  }
}

/** 256 random bits stand in the text: one pass of HKDF is enough. */
function phantomKey(text: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', text, '', 'gatehouse phantom token', 32))
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
