import { digestSecret, type ParsedApiKey, parseApiKey } from '@gatehouse/credential-format'
import type { CredentialLookup } from '@gatehouse/decision-state'
import type { CompiledApi, CompiledOperation } from '@gatehouse/policy-engine'
import { type Exchange, repeated } from '../../http1/exchange.ts'
import { ambiguous, malformed, noCredential, type Presented } from './presented.ts'

type Found = string | undefined | typeof repeated

/** Takes the API key from the one place where it stands. Two keys, even equal ones, are refused: which is meant? */
export function presentApiKey(exchange: Exchange, api: CompiledApi, operation: CompiledOperation): Presented {
  if (operation.anonymous) return noCredential
  let found: Found = authorizationKey(exchange)
  for (const name of api.apiKeyHeaders) found = one(found, exchange.header(name))
  if (operation.apiKeyInQuery) found = one(found, queryKey(exchange.target, api.apiKeyQueryParameter))
  if (found === undefined) return noCredential
  if (found === repeated) return ambiguous
  return known.get(found) ?? present(found, parseApiKey(found))
}

function one(a: Found, b: Found): Found {
  if (a === undefined) return b
  return b === undefined ? a : repeated
}

function present(text: string, parsed: ParsedApiKey): Presented {
  if (parsed.kind === 'malformed') return malformed
  const digest = digestSecret(text)
  const lookup: CredentialLookup = parsed.kind === 'own' ? { by: 'id', id: parsed.id } : { by: 'digest', digest }
  return { credential: { kind: 'api_key', digest }, lookup, authorization: undefined, apiKeyText: text }
}

const knownMax = 4096
const known = new Map<string, Presented>()

/**
 * Spares the next requests with this key its parsing and its SHA-256. What is kept follows from the text alone: the view
 * is looked up and the digest compared with it each time, so there is nothing to forget when a key is revoked. Only for
 * keys that were let in: for every other the same work is done each time, and nobody can fill this with guesses.
 */
export function rememberApiKey({ credential, lookup, authorization, apiKeyText }: Presented): void {
  if (apiKeyText === undefined) return
  if (known.size === knownMax) known.clear()
  // A copy: what was cut from a request's head would keep the whole head.
  known.set(Buffer.from(apiKeyText, 'latin1').toString('latin1'), { credential, lookup, authorization })
}

/** `Authorization: ApiKey …`; other schemes are not ours. */
function authorizationKey(exchange: Exchange): Found {
  const value = exchange.header('authorization')
  if (value === undefined || value === repeated) return value
  return /^apikey +/i.test(value) ? value.slice(6).trimStart() : undefined
}

function queryKey(target: string, parameter: string): Found {
  const question = target.indexOf('?')
  if (question < 0) return undefined
  const values = new URLSearchParams(target.slice(question)).getAll(parameter)
  return values.length > 1 ? repeated : values[0]
}

/** The query without the API key, so that it reaches neither upstream nor logs. @param query with its `?`, or empty */
export function withoutKey(query: string, parameter: string): string {
  if (!query.includes(parameter) && !/[%+]/.test(query)) return query
  const kept = query
    .slice(1)
    .split('&')
    .filter((pair) => decoded(pair.split('=', 1)[0] ?? '') !== parameter)
  return kept.length ? `?${kept.join('&')}` : ''
}

function decoded(name: string): string {
  return new URLSearchParams(`${name}=`).keys().next().value ?? ''
}
