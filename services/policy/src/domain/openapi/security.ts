import { type SecurityAlternative, type SecurityRequirement, SecurityScheme } from '@gatehouse/contracts/policy/v1/api'
import type { Scope } from '@gatehouse/contracts/policy/v1/token_settings'
import { readFlows } from './oauth-flows.ts'
import { child, entries, isObject, type Place, type Problems } from './place.ts'
import { resolve } from './resolve.ts'

/** What a security scheme of the document asks of a request. */
export interface ReadScheme {
  readonly scheme: SecurityScheme
  /** With an API key: where it stands. */
  readonly apiKey?: { readonly in: 'header' | 'query'; readonly name: string; readonly place: Place }
  /** With tokens: the scopes it declares; undefined when every scope may be asked for. */
  readonly scopes?: readonly Scope[]
}

/** Security of an operation: alternatives, with the places of API keys and the scopes of tokens that they use. */
export interface ReadSecurity {
  readonly alternatives: readonly SecurityAlternative[]
  readonly apiKeys: readonly NonNullable<ReadScheme['apiKey']>[]
  readonly takesTokens: boolean
  readonly scopes: readonly Scope[]
}

/**
 * OpenAPI `security`: a list of alternatives, each an object from scheme name to scopes. An empty list takes the
 * document's requirement away: everybody may call. Saying nothing at all is refused: it would open an operation silently.
 */
export function readSecurity(problems: Problems, document: Place, operation: Place): ReadSecurity {
  const own = child(operation, 'security')
  const security = own.value === undefined ? child(document, 'security') : own
  if (security.value === undefined) {
    problems.add(own, 'is required, here or for the whole document; `security: [{}]` lets everybody in')
  } else if (!Array.isArray(security.value)) problems.add(security, 'must be a list')
  const none = { apiKeys: [], takesTokens: false, scopes: [] }
  if (!Array.isArray(security.value)) return { alternatives: [], ...none }
  if (security.value.length === 0) return { alternatives: [{ requirements: [] }], ...none }
  const used: ReadScheme[] = []
  const alternatives = security.value.map((_, index) => {
    const alternative = child(security, index)
    if (!isObject(alternative.value)) problems.add(alternative, 'must be an object from scheme name to scopes')
    const requirements = entries(alternative).flatMap(([name, scopes]): SecurityRequirement[] => {
      const read = readScheme(problems, document, name, scopes)
      if (!read) return []
      const asked = readScopes(problems, scopes, read)
      // What declares no scopes lets them be named where they are asked for.
      const declared = read.scopes ?? asked.map((name) => ({ name, description: '' }))
      used.push({ ...read, scopes: read.scheme === SecurityScheme.SECURITY_SCHEME_OAUTH2 ? declared : [] })
      return [{ scheme: read.scheme, scopes: asked }]
    })
    return { requirements }
  })
  return {
    alternatives,
    apiKeys: used.flatMap(({ apiKey }) => apiKey ?? []),
    takesTokens: used.some(({ scheme }) => scheme === SecurityScheme.SECURITY_SCHEME_OAUTH2),
    scopes: used.flatMap(({ scopes }) => scopes ?? []),
  }
}

function readScopes(problems: Problems, scopes: Place, scheme: ReadScheme): readonly string[] {
  const { value } = scopes
  if (!Array.isArray(value) || !value.every((scope) => typeof scope === 'string')) {
    problems.add(scopes, 'must be a list of scopes')
    return []
  }
  for (const [index, scope] of value.entries()) {
    if (!scheme.scopes || scheme.scopes.some(({ name }) => name === scope)) continue
    problems.add(child(scopes, index), 'is declared by no flow of its scheme')
  }
  return value
}

function readScheme(problems: Problems, document: Place, name: string, use: Place): ReadScheme | undefined {
  const declared = child(child(child(document, 'components'), 'securitySchemes'), name)
  if (declared.value === undefined) {
    problems.add(use, 'is no scheme of #/components/securitySchemes')
    return undefined
  }
  const scheme = resolve(problems, document, declared)
  if (!scheme) return undefined
  const type = child(scheme, 'type')
  switch (type.value) {
    case 'apiKey':
      return readApiKey(problems, scheme)
    case 'http':
      return readHttp(problems, scheme)
    case 'oauth2':
      return { scheme: SecurityScheme.SECURITY_SCHEME_OAUTH2, scopes: readFlows(problems, scheme) }
    case 'openIdConnect':
      return { scheme: SecurityScheme.SECURITY_SCHEME_OAUTH2 }
    case 'mutualTLS':
      return { scheme: SecurityScheme.SECURITY_SCHEME_MUTUAL_TLS }
    default:
      problems.add(type, 'must be apiKey, http, oauth2, openIdConnect or mutualTLS')
      return undefined
  }
}

function readApiKey(problems: Problems, scheme: Place): ReadScheme | undefined {
  const [where, name] = [child(scheme, 'in'), child(scheme, 'name')]
  if (typeof name.value !== 'string' || name.value === '') {
    problems.add(name, 'must be the name of a header or query parameter')
    return undefined
  }
  if (where.value !== 'header' && where.value !== 'query') {
    problems.add(where, 'must be header or query: an API key in a cookie is not supported')
    return undefined
  }
  return {
    scheme: SecurityScheme.SECURITY_SCHEME_API_KEY,
    apiKey: { in: where.value, name: name.value, place: name },
  }
}

function readHttp(problems: Problems, place: Place): ReadScheme | undefined {
  const scheme = child(place, 'scheme')
  // RFC 9110 section 11.1: scheme names are case-insensitive.
  switch (typeof scheme.value === 'string' ? scheme.value.toLowerCase() : undefined) {
    case 'basic':
      return { scheme: SecurityScheme.SECURITY_SCHEME_BASIC }
    case 'bearer':
      return { scheme: SecurityScheme.SECURITY_SCHEME_OAUTH2 }
    default:
      problems.add(scheme, 'must be basic or bearer')
      return undefined
  }
}
