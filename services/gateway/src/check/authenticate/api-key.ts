import { readApiKey } from '@gatehouse/decision-state'
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
  const apiKey = readApiKey(found)
  if (!apiKey) return malformed
  return { credential: apiKey.credential, lookup: apiKey.lookup, authorization: undefined, apiKey }
}

function one(a: Found, b: Found): Found {
  if (a === undefined) return b
  return b === undefined ? a : repeated
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
