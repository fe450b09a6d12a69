import { isBase32 } from './base32.ts'
import {
  apiKeyCharsMax,
  checksum,
  checksumChars,
  idChars,
  isEnvironmentId,
  prefix,
  secretChars,
  secretUnusedBits,
} from './layout.ts'

/** Why a text cannot be an API key. */
export type ApiKeyFault =
  | 'empty'
  | 'too_short'
  | 'too_long'
  | 'character'
  | 'environment'
  | 'id'
  | 'secret'
  | 'checksum'

/**
 * - `own`: written by mintApiKey, checksum right; whether it exists is another question.
 * - `foreign`: without our prefix, so perhaps a key that was brought in by its hash: found by its digest alone.
 * - `malformed`: cannot exist, refused without a look-up.
 */
export type ParsedApiKey =
  | { readonly kind: 'own'; readonly environmentId: string; readonly id: string }
  | { readonly kind: 'foreign' }
  | { readonly kind: 'malformed'; readonly fault: ApiKeyFault }

/** Bounds for keys made elsewhere: what is shorter can be guessed, what is longer is no key. */
const foreignCharsMin = 16
const foreignCharsMax = 256

const foreign: ParsedApiKey = { kind: 'foreign' }
const faults = {
  empty: { kind: 'malformed', fault: 'empty' },
  too_short: { kind: 'malformed', fault: 'too_short' },
  too_long: { kind: 'malformed', fault: 'too_long' },
  character: { kind: 'malformed', fault: 'character' },
  environment: { kind: 'malformed', fault: 'environment' },
  id: { kind: 'malformed', fault: 'id' },
  secret: { kind: 'malformed', fault: 'secret' },
  checksum: { kind: 'malformed', fault: 'checksum' },
} as const satisfies { [Fault in ApiKeyFault]: ParsedApiKey }

/** Reads an API key as presented: exact, without trimming; 0.5 µs, no look-up, at most 256 characters are looked at. */
export function parseApiKey(text: string): ParsedApiKey {
  return text.startsWith(prefix) ? parseOwn(text) : parseForeign(text)
}

function parseOwn(text: string): ParsedApiKey {
  if (text.length > apiKeyCharsMax) return faults.too_long
  const checksumFrom = text.length - checksumChars
  const secretFrom = checksumFrom - 1 - secretChars
  const idFrom = secretFrom - 1 - idChars
  if (idFrom - 1 <= prefix.length) return faults.too_short
  // Before all else: a mistyped key costs nothing behind this line.
  if (checksum(text.slice(0, checksumFrom - 1)) !== text.slice(checksumFrom)) return faults.checksum
  if (text[checksumFrom - 1] !== '_' || !isBase32(text, secretFrom, checksumFrom - 1, secretUnusedBits)) {
    return faults.secret
  }
  if (text[secretFrom - 1] !== '_' || !isBase32(text, idFrom, secretFrom - 1, 0)) return faults.id
  if (text[idFrom - 1] !== '_' || !isEnvironmentId(text, prefix.length, idFrom - 1)) return faults.environment
  return { kind: 'own', environmentId: text.slice(prefix.length, idFrom - 1), id: text.slice(idFrom, secretFrom - 1) }
}

function parseForeign(text: string): ParsedApiKey {
  if (text.length === 0) return faults.empty
  if (text.length < foreignCharsMin) return faults.too_short
  if (text.length > foreignCharsMax) return faults.too_long
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code < 0x21 || code > 0x7e) return faults.character
  }
  return foreign
}
