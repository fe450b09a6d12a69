import { crc32 } from 'node:zlib'
import { base32Alphabet } from './base32.ts'

/**
 * What each kind of secret begins with: `<prefix><environment>_<id>_<secret>_<checksum>`, so that whoever finds one
 * knows what it is, and none is taken for another kind.
 */
export const prefixes = {
  api_key: 'gh_',
  client_secret: 'ghs_',
  phantom_token: 'ght_',
  refresh_token: 'ghr_',
  authorization_code: 'ghc_',
  device_code: 'ghd_',
  session: 'ghu_',
  registration: 'ghx_',
} as const
export type SecretKind = keyof typeof prefixes

/** 80 bits: a collision among 10^9 keys has a chance of 4·10^-7, and is refused where ids are claimed. */
export const secretIdBytes = 10
/** 256 bits: guessing is hopeless at any speed, so the stored digest needs no slow hash. */
export const secretBytes = 32

export const idChars = 16
export const secretChars = 52
export const secretUnusedBits = 4
export const checksumChars = 7
export const environmentCharsMax = 32
/** Behind the prefix. */
export const charsMax = environmentCharsMax + idChars + secretChars + checksumChars + 3

/** CRC-32 (ISO 3309, as in zlib) in 7 base32 characters, most significant first. It finds typing errors, not forgery. */
export function checksum(body: string): string {
  const crc = crc32(body)
  let text = ''
  for (let shift = 30; shift >= 0; shift -= 5) text += base32Alphabet.charAt((crc >>> shift) & 31)
  return text
}

/** Whether `text[from, to)` is an environment id: `[a-z][a-z0-9-]{0,31}`. */
export function isEnvironmentId(text: string, from: number, to: number): boolean {
  if (to <= from || to - from > environmentCharsMax) return false
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at)
    const letter = code >= 97 && code <= 122
    const later = (code >= 48 && code <= 57) || code === 45
    if (!letter && !(later && at > from)) return false
  }
  return true
}
