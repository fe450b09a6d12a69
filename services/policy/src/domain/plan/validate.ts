import type { Plan } from '@gatehouse/contracts/policy/v1/plan'
import { checkDisplayName, checkEnvironmentId, checkRateLimits, checkResourceId } from '../syntax.ts'
import { Violations } from '../violations.ts'

/**
 * The plan as it is kept, without version.
 * @throws GatehouseError INVALID_ARGUMENT naming every field that is wrong
 */
export function validPlan(given: Plan | undefined): Plan {
  const violations = new Violations()
  if (!given) violations.add('plan', 'is required')
  const plan: Plan = {
    planId: given?.planId ?? '',
    environmentId: given?.environmentId ?? '',
    displayName: given?.displayName ?? '',
    rateLimits: given?.rateLimits ?? [],
    version: 0n,
  }
  checkResourceId(violations, 'plan.plan_id', plan.planId)
  checkEnvironmentId(violations, 'plan.environment_id', plan.environmentId)
  checkDisplayName(violations, 'plan.display_name', plan.displayName)
  checkRateLimits(violations, 'plan.rate_limits', plan.rateLimits)
  violations.throwIfAny()
  return plan
}
