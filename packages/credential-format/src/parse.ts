import { isBase32 } from './base32.ts'
import {
  charsMax,
  checksum,
  checksumChars,
  idChars,
  isEnvironmentId,
  prefixes,
  type SecretKind,
  secretChars,
  secretUnusedBits,
} from './layout.ts'

/** Why a text cannot be a secret of ours. */
export type SecretFault =
  | 'empty'
  | 'too_short'
  | 'too_long'
  | 'character'
  | 'environment'
  | 'id'
  | 'secret'
  | 'checksum'

/** Written by mintSecret, checksum right; whether it exists is another question. */
export interface OwnSecret {
  readonly kind: 'own'
  readonly environmentId: string
  readonly id: string
  /** Base32 of the 32 secret bytes: `text[secretFrom, secretFrom + 52)`. */
  readonly secretFrom: number
}

/** It cannot exist: refused without a look-up. */
export interface MalformedSecret {
  readonly kind: 'malformed'
  readonly fault: SecretFault
}

/** `foreign`: without our prefix, so perhaps a key that was brought in by its hash: found by its digest alone. */
export type ParsedApiKey = OwnSecret | { readonly kind: 'foreign' } | MalformedSecret

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
} as const satisfies { [Fault in SecretFault]: MalformedSecret }

/** Reads an API key as presented: exact, without trimming; 0.5 µs, no look-up, at most 256 characters are looked at. */
export function parseApiKey(text: string): ParsedApiKey {
  return text.startsWith(prefixes.api_key) ? parseSecret('api_key', text) : parseForeign(text)
}

/** Reads a secret of a kind as presented: exact, without trimming. */
export function parseSecret(kind: SecretKind, text: string): OwnSecret | MalformedSecret {
  const prefix = prefixes[kind]
  if (text.length === 0) return faults.empty
  if (text.length > prefix.length + charsMax) return faults.too_long
  if (!text.startsWith(prefix)) return faults.character
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
  return {
    kind: 'own',
    environmentId: text.slice(prefix.length, idFrom - 1),
    id: text.slice(idFrom, secretFrom - 1),
    secretFrom,
  }
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
