import type { CompiledOperation, Matched } from '@gatehouse/policy-engine'
import type { NameSet } from '../forward/name-set.ts'
import { nameSet } from '../forward/name-set.ts'
import { repeated } from '../http1/exchange.ts'
import { withoutKey } from './authenticate/api-key.ts'
import type { Verdict } from './decision.ts'
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
export function identityHeaders(inquiry: Inquiry, { operation }: Matched, verdict: Verdict): string[] {
  const { principal, authorization } = verdict
  const headers = ['X-Request-Id', inquiry.requestId, 'traceparent', traceparent(inquiry)]
  if (!principal) return [...headers, 'X-Auth-Method', 'none']
  headers.push('X-Auth-Method', principal.authMethod, 'X-Client-Id', principal.clientId)
  if (principal.userId !== undefined) headers.push('X-User-Id', principal.userId)
  if (principal.scopes.length) headers.push('X-Scopes', principal.scopes.join(' '))
  if (authorization !== undefined && operation.forwardCredential) headers.push('Authorization', authorization)
  return headers
}

function traceparent({ exchange, span }: Inquiry): string {
  if (span?.traceparent) return span.traceparent
  const incoming = exchange.header('traceparent')
  return childTraceparent(incoming === repeated ? undefined : incoming)
}

const credentialHeaders = new WeakMap<CompiledOperation, NameSet>()
const replacedHeaders = nameSet(['authorization'])

/**
 * Headers that must not reach the upstream. Where the operation lets the credential through there are none, but what
 * the gateway puts another value in the place of.
 */
export function headersToRemove({ api, operation }: Matched, { authorization }: Verdict): NameSet | undefined {
  if (operation.forwardCredential) return authorization === undefined ? undefined : replacedHeaders
  let names = credentialHeaders.get(operation)
  if (!names) {
    names = nameSet(['authorization', 'dpop', 'x-gatehouse-position', ...api.apiKeyHeaders])
    credentialHeaders.set(operation, names)
  }
  return names
}
