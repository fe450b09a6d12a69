import { digestSecret, parseApiKey } from '@gatehouse/credential-format'
import type { CredentialLookup } from './load-views.ts'

/** What an API key says by itself. */
export interface ReadApiKey {
  readonly credential: { readonly kind: 'api_key'; readonly digest: Uint8Array }
  readonly lookup: CredentialLookup
  /** As it was sent, until it is remembered. */
  readonly newText: string | undefined
}

const knownMax = 4096
const known = new Map<string, ReadApiKey>()

/** Undefined for a text that no key has. */
export function readApiKey(text: string): ReadApiKey | undefined {
  return known.get(text) ?? readNew(text)
}

function readNew(text: string): ReadApiKey | undefined {
  const parsed = parseApiKey(text)
  if (parsed.kind === 'malformed') return undefined
  const digest = digestSecret(text)
  const lookup: CredentialLookup = parsed.kind === 'own' ? { by: 'id', id: parsed.id } : { by: 'digest', digest }
  return { credential: { kind: 'api_key', digest }, lookup, newText: text }
}

/**
 * Spares the next requests with this key its parsing and its SHA-256. What is kept follows from the text alone: the view
 * is looked up and the digest compared with it each time, so there is nothing to forget when a key is revoked. Only for
 * keys that were let in: for every other the same work is done each time, and nobody can fill this with guesses.
 */
export function rememberApiKey({ credential, lookup, newText }: ReadApiKey): void {
  if (newText === undefined) return
  if (known.size === knownMax) known.clear()
  // A copy: what was cut from a request's head would keep the whole head.
  known.set(Buffer.from(newText, 'latin1').toString('latin1'), { credential, lookup, newText: undefined })
}
