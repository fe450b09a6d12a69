import { ClientState } from '@gatehouse/contracts/credential/v1/client'
import { SubscriptionState } from '@gatehouse/contracts/credential/v1/subscription'
import { GrantState } from '@gatehouse/contracts/token/v1/grant'
import type { AccessToken } from '@gatehouse/token-verifier'
import type { Place } from '../issue/token-request.ts'
import type { TokenParts } from '../token-parts.ts'
import type { KnownToken } from './read-token.ts'

/** Whether nothing has revoked a token that is valid by itself. */
export async function inForce(parts: TokenParts, place: Place, known: KnownToken): Promise<boolean> {
  if (known.kind === 'access') return accessInForce(parts, place, known.token)
  const { views, grants } = parts
  const [found, client] = await Promise.all([grants.byId(known.grantId), views.client(known.clientId)])
  return found?.state === GrantState.GRANT_STATE_ACTIVE && client?.state === ClientState.CLIENT_STATE_ACTIVE
}

async function accessInForce({ views }: TokenParts, place: Place, token: AccessToken): Promise<boolean> {
  const { environmentId } = place.environment
  const { clientId, subscriptionId = '' } = token
  const [denied, client, subscription] = await Promise.all([
    views.isDenied(environmentId, token),
    views.client(clientId),
    views.subscription(subscriptionId),
  ])
  const issuedAtMs = token.issuedAt * 1000
  return (
    !denied &&
    client?.state === ClientState.CLIENT_STATE_ACTIVE &&
    !(client.revokedBefore && issuedAtMs <= client.revokedBefore.getTime()) &&
    subscription?.state === SubscriptionState.SUBSCRIPTION_STATE_ACTIVE &&
    subscription.clientId === clientId
  )
}
