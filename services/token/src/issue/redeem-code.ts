import { GrantState } from '@gatehouse/contracts/token/v1/grant'
import type { IssuedTokens } from '@gatehouse/contracts/token/v1/token_service'
import { device as devices } from '../domain/device/decide.ts'
import { grant as decider } from '../domain/grant/decide.ts'
import { existing } from '../domain/grant/grant.ts'
import type { CodeProof } from '../domain/grant/redeem.ts'
import { Refused } from '../refused.ts'
import { streams } from '../store/streams.ts'
import { transact } from '../store/transact.ts'
import type { TokenParts } from '../token-parts.ts'
import type { AuthenticatedClient } from './client-authentication/client-authentication.ts'
import { groundsOf, requireGrounds } from './grant-grounds.ts'
import { grantTokens, orRefused, refreshBinding, scopesInForce } from './grant-tokens.ts'
import { requiredConfirmation } from './sender-constraint.ts'
import type { ClientRequest } from './token-request.ts'
import { usableGrant } from './usable-grant.ts'

/**
 * Redeems the code of a grant, once: an authorization code by its proof, or without one the device code that its user
 * approved. All that can be checked is checked before, so that a request that lacks something uses up nothing.
 * @throws Refused; `code_replayed` after revoking the grant
 */
export async function redeemCode(
  parts: TokenParts,
  request: ClientRequest,
  client: AuthenticatedClient,
  grantId: string,
  proof: CodeProof | undefined,
  deviceAuthorizationId = '',
): Promise<IssuedTokens> {
  const usable = await usableGrant(parts, request, client, grantId)
  const confirmation = requiredConfirmation(request, client.registration, usable.entitlement?.target)
  const scopes = scopesInForce(usable, usable.grant.scopes)
  const { clientId } = client.client
  const time = new Date()
  const redemption = { type: 'redeem', deviceAuthorizationId, clientId, time } as const
  const refreshable = client.registration.grantTypes.includes('refresh_token')
  const binding = { refreshable, confirmation: refreshBinding(confirmation, client) }
  const command = { type: 'redeem', grantId, time, clientId, proof, ...binding } as const
  const { states } = await transact(parts.store, {
    streams: {
      ...groundsOf(usable.grant),
      device: streams.device(deviceAuthorizationId),
      grant: streams.grant(grantId),
    },
    decide({ device, grant, ...grounds }) {
      requireGrounds(grounds, usable.grant)
      // A device that asks again is refused here, before its grant is: it may ask twice at once.
      const ofDevice = deviceAuthorizationId ? devices.decide(redemption, device) : []
      return { events: { device: ofDevice, grant: decider.decide(command, grant) } }
    },
  }).catch(orRefused)
  const found = existing(states.grant, grantId)
  if (found.state === GrantState.GRANT_STATE_REVOKED) throw new Refused('code_replayed')
  return grantTokens(parts, request, { client, usable, found, scopes, confirmation, first: true })
}
