import type { Matched } from '../match/match.ts'
import type { DenyReason } from '../reasons.ts'
import { type Authentication, authenticate } from './authenticate.ts'
import { authorize, type Caller } from './authorize.ts'
import { checkAddress } from './check-address.ts'
import { checkApiKeyExpiry, checkApiKeyState } from './check-api-key.ts'
import { checkClient } from './check-client.ts'
import { checkApiEntitlement, checkPlan, checkSubscription } from './check-subscription.ts'
import { checkTokenAudience, checkTokenBinding, checkTokenCutoffs, checkTokenRevocation } from './check-token.ts'
import type { CredentialViews, RequestFacts } from './facts.ts'
import type { Principal } from './principal.ts'
import { type ApiKeyFacts, proceed, runSteps, type Step, type TokenFacts } from './step.ts'

/** The principal stands in a denial too, once possession is proven; an anonymous caller has none. */
export type Decision =
  | { readonly allowed: true; readonly reason: 'ok'; readonly principal: Principal | undefined }
  | { readonly allowed: false; readonly reason: DenyReason; readonly principal: Principal | undefined }

const apiKeyChecks: readonly Step<ApiKeyFacts>[] = [
  checkApiKeyState,
  checkApiKeyExpiry,
  checkClient,
  checkSubscription,
  checkApiEntitlement,
  checkPlan,
  checkAddress,
]

const tokenChecks: readonly Step<TokenFacts>[] = [
  checkTokenAudience,
  checkTokenBinding,
  checkTokenRevocation,
  checkTokenCutoffs,
  checkClient,
  checkSubscription,
  checkApiEntitlement,
  checkPlan,
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
    const verdict = authorize(match, undefined)
    return verdict === proceed ? allow(undefined) : deny(verdict)
  }
  const { principal } = authentication
  const { subscription } = views
  const checked = checkAll(authentication, match, views, clientIp, nowMs)
  if (checked !== proceed) return deny(checked, principal)
  const verdict = authorize(match, { principal, narrowedTo: narrowedTo(authentication), subscription })
  return verdict === proceed ? allow(principal) : deny(verdict, principal)
}

type Authenticated = Extract<Authentication, { principal: Principal }>

function checkAll(
  authentication: Authenticated,
  match: Matched,
  { client, subscription, revocations }: CredentialViews,
  clientIp: string,
  nowMs: number,
): typeof proceed | DenyReason {
  if (authentication.kind === 'api_key') {
    const { apiKey } = authentication
    return runSteps(apiKeyChecks, { match, holder: apiKey, apiKey, client, subscription, clientIp, nowMs })
  }
  const { token } = authentication
  const { clientId, subscriptionId } = token
  const holder = { environmentId: match.environment.environmentId, clientId, subscriptionId }
  return runSteps(tokenChecks, { match, holder, token, client, subscription, revocations, clientIp, nowMs })
}

const everything: readonly string[] = []

function narrowedTo(authentication: Authenticated): Caller['narrowedTo'] {
  return authentication.kind === 'api_key' ? (authentication.apiKey.restrictions?.operations ?? everything) : everything
}

function allow(principal: Principal | undefined): Decision {
  return { allowed: true, reason: 'ok', principal }
}

function deny(reason: DenyReason, principal?: Principal): Decision {
  return { allowed: false, reason, principal }
}
