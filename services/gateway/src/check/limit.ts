import type { SubscriptionView } from '@gatehouse/contracts/read_model/v1/views'
import type { CompiledRateLimit, Matched, Principal } from '@gatehouse/policy-engine'
import type { Consumption, CountedLimit } from '../counters/counters.ts'

/**
 * The limits of a request: those of its subscription's plan and those of its operation, counted by subscription, or by
 * client address where nobody is known.
 */
export function limitsOf(
  { environment, api, operation }: Matched,
  principal: Principal | undefined,
  subscription: SubscriptionView | undefined,
  clientAddress: string,
): readonly CountedLimit[] {
  const plan = subscription && environment.plans.get(subscription.planId)
  if (!plan?.rateLimits.length && !operation.rateLimits.length) return nothing
  const subject = principal?.subscriptionId ?? `${environment.environmentId}/${clientAddress}`
  const counted: CountedLimit[] = []
  for (const limit of plan?.rateLimits ?? nothing) counted.push({ key: `${subject}|${limit.name}`, limit })
  for (const limit of operation.rateLimits)
    counted.push({ key: `${subject}|${api.apiId}/${operation.operationId}/${limit.name}`, limit })
  return counted
}

const nothing: readonly never[] = []

const policies = new WeakMap<CompiledRateLimit, string>()

/** `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-09): name, value, name, value. */
export function rateLimitHeaders({ limit, answer }: Consumption): readonly [string, string, string, string] {
  let policy = policies.get(limit)
  if (policy === undefined) {
    policy = `"${limit.name}";q=${limit.burst};w=${Math.ceil(limit.periodMicros / 1e6)}`
    policies.set(limit, policy)
  }
  const reset = Math.ceil(answer.resetMs / 1000)
  return ['RateLimit-Policy', policy, 'RateLimit', `"${limit.name}";r=${answer.remaining};t=${reset}`]
}

/** Whole seconds until the next request is let through, at least 1. */
export function retryAfterSeconds({ answer }: Consumption): string {
  return String(Math.max(1, Math.ceil(answer.retryAfterMs / 1000)))
}
