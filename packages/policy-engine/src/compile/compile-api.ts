import {
  type Api,
  ApiState,
  type Operation,
  type SecurityAlternative,
  SecurityScheme,
} from '@gatehouse/contracts/policy/v1/api'
import { type CompiledRateLimit, compileRateLimit } from '../limit/rate-limit.ts'
import { parsePathTemplate } from '../match/path-template.ts'
import { addRoute, emptyRouteTable, type RouteNode, visitsMax, visitsOf } from '../match/route-table.ts'
import { durationMs } from './duration.ts'
import { compileEnforcement, type EnforcementLevel, inheritEnforcement } from './enforcement.ts'
import { type CompiledTokens, compileTokens } from './token-settings.ts'

export interface CompiledOperation {
  readonly operationId: string
  readonly method: string
  readonly pathTemplate: string
  readonly security: readonly SecurityAlternative[]
  /** Every alternative is without requirements: credentials are not looked at. */
  readonly anonymous: boolean
  /** Of the operation and, where that is silent, its API. */
  readonly enforcement: EnforcementLevel
  readonly rateLimits: readonly CompiledRateLimit[]
  readonly forwardCredential: boolean
  readonly apiKeyInQuery: boolean
  /** An alternative asks for an access token; otherwise `Authorization: Bearer` is not looked at. */
  readonly takesTokens: boolean
  /** Scopes of the first such alternative: what a client is told to ask for. */
  readonly tokenScopes: readonly string[]
}

export interface CompiledApi {
  readonly kind: 'usable'
  readonly apiId: string
  readonly version: bigint
  /** `/{api_id}`, what every path of the API begins with. */
  readonly prefix: string
  readonly upstreams: readonly string[]
  /** Lower case. */
  readonly apiKeyHeaders: readonly string[]
  readonly apiKeyQueryParameter: string
  readonly forwarding: CompiledForwarding
  /** Undefined: the API takes no access tokens. */
  readonly tokens: CompiledTokens | undefined
  readonly enforcement: EnforcementLevel
  readonly operations: readonly CompiledOperation[]
  readonly routes: RouteNode<CompiledOperation>
}

export interface CompiledForwarding {
  readonly connectTimeoutMs: number
  readonly responseTimeoutMs: number
  readonly keepPrefix: boolean
}

/** An API that cannot be compiled is answered with 503, and its problem told: what is left out could be what denies. */
export interface UnusableApi {
  readonly kind: 'unusable'
  readonly apiId: string
  readonly version: bigint
  readonly problem: string
}

/** Compiles one API apart from all others; undefined when it is not published. */
export function compileApi(api: Api): CompiledApi | UnusableApi | undefined {
  if (api.state !== ApiState.API_STATE_PUBLISHED) return undefined
  const routes = emptyRouteTable<CompiledOperation>()
  const enforcement = compileEnforcement(api.enforcement)
  const operations: CompiledOperation[] = []
  const unusable = (problem: string): UnusableApi => ({
    kind: 'unusable',
    apiId: api.apiId,
    version: api.version,
    problem,
  })
  for (const [index, operation] of api.operations.entries()) {
    const compiled = compileOperation(operation, enforcement)
    if (typeof compiled === 'string') return unusable(`operations[${index}].${compiled}`)
    const template = parsePathTemplate(operation.pathTemplate)
    if (typeof template === 'string') return unusable(`operations[${index}].path_template: ${template}`)
    if (!addRoute(routes, template, operation.method, compiled)) {
      return unusable(`operations[${index}]: ${operation.method} ${template.shape} is declared twice`)
    }
    operations.push(compiled)
  }
  if (visitsOf(routes) > visitsMax) return unusable('operations: path templates overlap too much')
  return { ...compileSettings(api), kind: 'usable', enforcement, operations, routes }
}

function compileSettings(api: Api) {
  const { apiKeySources, forwarding } = api
  return {
    apiId: api.apiId,
    version: api.version,
    prefix: `/${api.apiId}`,
    upstreams: api.upstreams,
    apiKeyHeaders: apiKeySources?.headerNames.length
      ? apiKeySources.headerNames.map((name) => name.toLowerCase())
      : ['x-api-key'],
    apiKeyQueryParameter: apiKeySources?.queryParameter || 'api_key',
    forwarding: {
      connectTimeoutMs: durationMs(forwarding?.connectTimeout) ?? 2000,
      responseTimeoutMs: durationMs(forwarding?.responseTimeout) ?? 30_000,
      keepPrefix: forwarding?.keepPrefix ?? false,
    },
    tokens: compileTokens(api.tokens),
  }
}

function compileOperation(operation: Operation, above: EnforcementLevel): CompiledOperation | string {
  const rateLimits: CompiledRateLimit[] = []
  for (const [index, limit] of operation.rateLimits.entries()) {
    const compiled = compileRateLimit(limit)
    if (typeof compiled === 'string') return `rate_limits[${index}].${compiled}`
    rateLimits.push(compiled)
  }
  return {
    operationId: operation.operationId,
    method: operation.method,
    pathTemplate: operation.pathTemplate,
    security: operation.security,
    anonymous:
      operation.security.length > 0 && operation.security.every(({ requirements }) => requirements.length === 0),
    enforcement: inheritEnforcement(compileEnforcement(operation.enforcement), above),
    rateLimits,
    forwardCredential: operation.forwardCredential,
    apiKeyInQuery: operation.apiKeyInQuery,
    ...tokenNeeds(operation),
  }
}

function tokenNeeds({ security }: Operation): Pick<CompiledOperation, 'takesTokens' | 'tokenScopes'> {
  const need = security
    .flatMap(({ requirements }) => requirements)
    .find(({ scheme }) => scheme === SecurityScheme.SECURITY_SCHEME_OAUTH2)
  return { takesTokens: need !== undefined, tokenScopes: need?.scopes ?? [] }
}
