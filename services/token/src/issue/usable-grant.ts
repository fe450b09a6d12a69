import { SubscriptionState } from '@gatehouse/contracts/credential/v1/subscription'
import type { Grant } from '@gatehouse/contracts/token/v1/grant'
import { Refused } from '../refused.ts'
import type { TokenParts } from '../token-parts.ts'
import type { AuthenticatedClient } from './client-authentication/client-authentication.ts'
import { type Entitlement, targetsOf } from './entitlement.ts'
import type { ClientRequest } from './token-request.ts'

/** A grant that its client may get tokens from, as far as everything but its own events says. */
export interface UsableGrant {
  readonly grant: Grant
  /** Undefined: the grant is for no API. */
  readonly entitlement: Entitlement | undefined
}

/**
 * Looks at all that a code or a refresh token hangs on before it is used up: whose it is, the client's
 * credential, what was cut off, the subscription.
 * @throws Refused `grant_invalid`, `grant_of_another_client`, `grant_revoked`, `resource_unknown`,
 *   `subscription_inactive`
 */
export async function usableGrant(
  parts: TokenParts,
  request: ClientRequest,
  { client }: AuthenticatedClient,
  grantId: string,
): Promise<UsableGrant> {
  const found = await parts.grants.byId(grantId)
  const grant = found?.grant
  if (!grant || grant.environmentId !== request.environment.environmentId) throw new Refused('grant_invalid')
  const { clientId, userId, apiId, scopes } = grant
  if (clientId !== client.clientId) throw new Refused('grant_of_another_client')
  request.facts.add({ userId, grantId, apiId, scopes: [...scopes] })
  const startMs = grant.startTime?.getTime() ?? 0
  const { environmentId } = grant
  const cutoff = await parts.views.cutoffOf({ environmentId, clientId, userId })
  if (cutoff && startMs <= cutoff.getTime()) throw new Refused('grant_revoked')
  return { grant, entitlement: await entitlementOfGrant(parts, request, grant) }
}

/** RFC 8707 section 2.2: a token request may name the resource again, not another one. */
async function entitlementOfGrant(
  { views }: TokenParts,
  request: ClientRequest,
  { apiId, clientId, subscriptionId }: Grant,
): Promise<Entitlement | undefined> {
  const { endpoint, parameters } = request
  const target = targetsOf(request).find(({ api }) => api.apiId === apiId)
  const elsewhere = parameters.all('resource').some((resource) => resource !== target?.audience)
  if (elsewhere || (endpoint.apiId && endpoint.apiId !== apiId)) throw new Refused('resource_unknown')
  if (apiId === '') return undefined
  if (!target) throw new Refused('resource_unknown')
  const subscription = await views.subscription(subscriptionId)
  const active = subscription?.state === SubscriptionState.SUBSCRIPTION_STATE_ACTIVE
  if (!subscription || !active || subscription.clientId !== clientId || subscription.apiId !== apiId) {
    throw new Refused('subscription_inactive')
  }
  return { target, subscription }
}
