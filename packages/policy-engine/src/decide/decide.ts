import type { DenyReason } from '../reasons.ts'
import { authenticate } from './authenticate.ts'
import { authorize } from './authorize.ts'
import { checkAddress } from './check-address.ts'
import { checkApiKeyExpiry, checkApiKeyState } from './check-api-key.ts'
import { checkClient } from './check-client.ts'
import { checkApiEntitlement, checkPlan, checkSubscription } from './check-subscription.ts'
import type { CredentialViews, RequestFacts } from './facts.ts'
import type { Principal } from './principal.ts'
import { proceed, type Step } from './step.ts'

/** The principal stands in a denial too, once possession is proven; an anonymous caller has none. */
export type Decision =
  | { readonly allowed: true; readonly reason: 'ok'; readonly principal: Principal | undefined }
  | { readonly allowed: false; readonly reason: DenyReason; readonly principal: Principal | undefined }

const checks: readonly Step[] = [
  checkApiKeyState,
  checkApiKeyExpiry,
  checkClient,
  checkSubscription,
  checkApiEntitlement,
  checkPlan,
  checkAddress,
]

/**
 * match → authenticate → check → authorize: a pure function of what the request shows, the views it read and the time.
 * Rate limits come after it: they are counted, not known.
 *
 * A presented credential must be in order even where an alternative lets everybody in; where nothing else is asked
 * for, credentials are not looked at.
 */
export function decide(facts: RequestFacts, views: CredentialViews, nowMs: number): Decision {
  const { match, credential, clientIp } = facts
  if (match.kind === 'unmatched') return deny(match.reason)
  if (match.operation.anonymous) return allow(undefined)

  const authentication = authenticate(credential, match.environment.environmentId, views)
  if (authentication.kind === 'denied') return deny(authentication.reason)
  if (authentication.kind === 'not_applicable') {
    const verdict = authorize(match.operation, undefined)
    return verdict === proceed ? allow(undefined) : deny(verdict)
  }

  const { principal, apiKey } = authentication
  const { client, subscription } = views
  const stepFacts = { match, apiKey, client, subscription, clientIp, nowMs }
  for (const check of checks) {
    const verdict = check(stepFacts)
    if (verdict !== proceed) return deny(verdict, principal)
  }
  const verdict = authorize(match.operation, { principal, apiKey, subscription })
  return verdict === proceed ? allow(principal) : deny(verdict, principal)
}

function allow(principal: Principal | undefined): Decision {
  return { allowed: true, reason: 'ok', principal }
}

function deny(reason: DenyReason, principal?: Principal): Decision {
  return { allowed: false, reason, principal }
}
