import type { CompiledApi, CompiledOperation } from '../compile/compile-api.ts'
import { defaultEnforcement, type EffectiveEnforcement, inheritEnforcement } from '../compile/enforcement.ts'
import type { CompiledEnvironment, PolicyTable } from '../compile/policy-table.ts'
import type { MatchReason } from '../reasons.ts'
import { findRoute } from './route-table.ts'

export interface Matched {
  readonly kind: 'matched'
  readonly environment: CompiledEnvironment
  readonly api: CompiledApi
  readonly operation: CompiledOperation
  readonly enforcement: EffectiveEnforcement
}

export interface Unmatched {
  readonly kind: 'unmatched'
  readonly reason: MatchReason
  readonly environment: CompiledEnvironment | undefined
  readonly apiId: string | undefined
  /** Of what was found on the way: the denial is recorded under it. */
  readonly enforcement: EffectiveEnforcement
  /** With `method_not_allowed`: the value of the `Allow` header. */
  readonly allow: string | undefined
}

export type Match = Matched | Unmatched

/** Host → environment, first segment → API, method and the rest → operation. `path` is canonical. */
export function match(
  policy: PolicyTable,
  request: { readonly host: string; readonly method: string; readonly path: string },
): Match {
  return matchInEnvironment(policy.environmentOfHost(request.host), request.method, request.path)
}

/** The same for a caller that names the environment. */
export function matchInEnvironment(environment: CompiledEnvironment | undefined, method: string, path: string): Match {
  if (!environment) return unmatched('no_environment')
  const slash = path.indexOf('/', 1)
  const apiId = slash < 0 ? path.slice(1) : path.slice(1, slash)
  const api = environment.apis.get(apiId)
  if (!api) return unmatched('no_api', environment)
  if (api.kind === 'unusable') return unmatched('api_unusable', environment, apiId)
  // `/orders` and `/orders/` both are the API's own `/`.
  const node = slash < 0 ? findRoute(api.routes, '', 0) : findRoute(api.routes, path, slash + 1)
  if (!node)
    return unmatched('no_operation', environment, apiId, inheritEnforcement(api.enforcement, environment.enforcement))
  const operation = node.methods.get(method) ?? (method === 'HEAD' ? node.methods.get('GET') : undefined)
  const enforcement = inheritEnforcement((operation ?? api).enforcement, environment.enforcement)
  if (!operation) return unmatched('method_not_allowed', environment, apiId, enforcement, allowedMethods(node.methods))
  return { kind: 'matched', environment, api, operation, enforcement }
}

function unmatched(
  reason: MatchReason,
  environment?: CompiledEnvironment,
  apiId?: string,
  enforcement: EffectiveEnforcement = environment?.enforcement ?? defaultEnforcement,
  allow?: string,
): Unmatched {
  return { kind: 'unmatched', reason, environment, apiId, enforcement, allow }
}

function allowedMethods(methods: ReadonlyMap<string, unknown>): string {
  const names = new Set(methods.keys())
  if (names.has('GET')) names.add('HEAD')
  return [...names].sort().join(', ')
}
