import { hash } from 'node:crypto'

/** RFC 7636 section 4.2, method S256; `plain` protects from nobody who reads the request. */
export function codeChallengeOf(verifier: string): string {
  return hash('sha256', verifier, 'base64url')
}

/** A SHA-256 in base64url, whose last character has no bits but its own: a challenge or a thumbprint. */
export function isSha256(text: string): boolean {
  return text.length === 43 && Buffer.from(text, 'base64url').toString('base64url') === text
}

/** RFC 7636 section 4.1: 43 to 128 unreserved characters. */
export function isCodeVerifier(text: string): boolean {
  return /^[A-Za-z0-9._~-]{43,128}$/.test(text)
}
