import type { CompiledOperation, Matched, Principal } from '@gatehouse/policy-engine'
import type { NameSet } from '../forward/name-set.ts'
import { nameSet } from '../forward/name-set.ts'
import { repeated } from '../http1/exchange.ts'
import { withoutKey } from './authenticate/api-key.ts'
import type { Inquiry } from './inquiry.ts'
import { childTraceparent } from './request-id.ts'

/** Path and query for the upstream: the decided path, and the query as it came without any credential. */
export function upstreamPath(inquiry: Inquiry, { api, operation }: Matched, base: string): string {
  const { path, exchange } = inquiry
  const below = api.forwarding.keepPrefix ? path : path.slice(api.prefix.length) || '/'
  const question = exchange.target.indexOf('?')
  if (question < 0) return base + below
  const query = exchange.target.slice(question)
  // Also where the operation takes no key from there: what a client puts there by mistake is a secret all the same.
  return base + below + (operation.forwardCredential ? query : withoutKey(query, api.apiKeyQueryParameter))
}

/** What tells the upstream who calls: name, value, name, value. */
export function identityHeaders(inquiry: Inquiry, principal: Principal | undefined): string[] {
  const headers = ['X-Request-Id', inquiry.requestId, 'traceparent', traceparent(inquiry)]
  if (!principal) return [...headers, 'X-Auth-Method', 'none']
  headers.push('X-Auth-Method', 'api_key', 'X-Client-Id', principal.clientId)
  if (principal.scopes.length) headers.push('X-Scopes', principal.scopes.join(' '))
  return headers
}

function traceparent({ exchange, span }: Inquiry): string {
  if (span?.traceparent) return span.traceparent
  const incoming = exchange.header('traceparent')
  return childTraceparent(incoming === repeated ? undefined : incoming)
}

const credentialHeaders = new WeakMap<CompiledOperation, NameSet>()

/** Headers that must not reach the upstream; nothing where the operation lets the credential through. */
export function headersToRemove({ api, operation }: Matched): NameSet | undefined {
  if (operation.forwardCredential) return undefined
  let names = credentialHeaders.get(operation)
  if (!names) {
    names = nameSet(['authorization', 'x-gatehouse-position', ...api.apiKeyHeaders])
    credentialHeaders.set(operation, names)
  }
  return names
}
