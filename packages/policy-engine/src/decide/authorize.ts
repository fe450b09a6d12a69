import { type SecurityRequirement, SecurityScheme } from '@gatehouse/contracts/policy/v1/api'
import type { SubscriptionView } from '@gatehouse/contracts/read_model/v1/views'
import type { CompiledOperation } from '../compile/compile-api.ts'
import type { Matched } from '../match/match.ts'
import type { DenyReason } from '../reasons.ts'
import type { Principal } from './principal.ts'
import { proceed } from './step.ts'

/** Who asks: with a proven credential, or as nobody. */
export interface Caller {
  readonly principal: Principal
  /** Operations that the credential itself is narrowed to; empty: to none in particular. */
  readonly narrowedTo: readonly string[]
  readonly subscription: SubscriptionView | undefined
}

type Verdict = typeof proceed | DenyReason

/**
 * Asks the operation's alternatives in order (OpenAPI `security`): all requirements of one alternative must be met.
 * An alternative without requirements lets everybody in; no alternative at all lets nobody in.
 */
export function authorize(match: Matched, caller: Caller | undefined): Verdict {
  let denial: DenyReason | undefined
  for (const { requirements } of match.operation.security) {
    const verdict = meetAll(requirements, match, caller)
    if (verdict === proceed) return proceed
    denial = denial === undefined || closeness(verdict) > closeness(denial) ? verdict : denial
  }
  return denial ?? 'security_unsupported'
}

function meetAll(requirements: readonly SecurityRequirement[], match: Matched, caller?: Caller): Verdict {
  for (const requirement of requirements) {
    const verdict = meet(requirement, match, caller)
    if (verdict !== proceed) return verdict
  }
  return proceed
}

function meet({ scheme, scopes }: SecurityRequirement, match: Matched, caller?: Caller): Verdict {
  if (!isOffered(scheme, match)) return 'security_unsupported'
  if (!caller) return 'credential_missing'
  if (caller.principal.scheme !== scheme) return 'security_unsatisfied'
  if (!entitled(caller.subscription?.operations, match.operation)) return 'operation_not_entitled'
  if (!entitled(caller.narrowedTo, match.operation)) return 'operation_not_entitled'
  return scopes.every((scope) => caller.principal.scopes.includes(scope)) ? proceed : 'scope_missing'
}

/** The other schemes are not offered yet, and a scheme of a later version is not known: both deny. */
function isOffered(scheme: SecurityScheme, { environment, api }: Matched): boolean {
  switch (scheme) {
    case SecurityScheme.SECURITY_SCHEME_API_KEY:
      return true
    case SecurityScheme.SECURITY_SCHEME_OAUTH2:
      return environment.issuer !== undefined && api.tokens !== undefined
    default:
      return false
  }
}

/** An empty list entitles to every operation, a missing one to none. */
function entitled(operations: readonly string[] | undefined, { operationId }: CompiledOperation): boolean {
  return operations !== undefined && (operations.length === 0 || operations.includes(operationId))
}

/** Of several alternatives that were not met, the denial tells the one that came closest. */
function closeness(reason: DenyReason): number {
  switch (reason) {
    case 'scope_missing':
      return 4
    case 'operation_not_entitled':
      return 3
    case 'security_unsatisfied':
      return 2
    case 'credential_missing':
      return 1
    default:
      return 0
  }
}
