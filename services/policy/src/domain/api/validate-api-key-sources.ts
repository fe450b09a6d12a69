import type { ApiKeySources } from '@gatehouse/contracts/policy/v1/api'
import type { Violations } from '../violations.ts'

const headerNamesMax = 8
const headerNameSyntax = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/
const queryParameterSyntax = /^[A-Za-z0-9_.~-]{1,64}$/

/** Names that mean something else to the gateway: framing, hop-by-hop (RFC 9110 section 7.6.1), what it adds itself. */
const reservedHeaderNames = new Set([
  ...['authorization', 'proxy-authorization', 'cookie', 'host', 'content-length', 'transfer-encoding', 'content-type'],
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'upgrade', 'expect', 'forwarded', 'via'],
  ...['x-client-id', 'x-user-id', 'x-scopes', 'x-auth-method', 'x-request-id', 'traceparent', 'tracestate'],
  ...['x-gatehouse-position', 'x-real-ip'],
])

export function checkApiKeySources(violations: Violations, sources: ApiKeySources | undefined): void {
  if (!sources) return
  const { headerNames, queryParameter } = sources
  const field = 'api.api_key_sources'
  violations.require(headerNames.length <= headerNamesMax, `${field}.header_names`, `must be at most ${headerNamesMax}`)
  for (const [index, name] of headerNames.entries()) {
    const place = `${field}.header_names[${index}]`
    violations.require(headerNameSyntax.test(name), place, 'must be a header name (RFC 9110 token)')
    const reserved = reservedHeaderNames.has(name.toLowerCase()) || /^x-forwarded-/i.test(name)
    violations.require(!reserved, place, 'is reserved')
  }
  violations.requireUnique(
    headerNames.map((name) => name.toLowerCase()),
    (index) => `${field}.header_names[${index}]`,
  )
  const sound = queryParameter === '' || queryParameterSyntax.test(queryParameter)
  violations.require(sound, `${field}.query_parameter`, 'must be [A-Za-z0-9_.~-]{1,64}')
}
