import { GrantState } from '@gatehouse/contracts/token/v1/grant'
import { grant as decider } from '../../domain/grant/decide.ts'
import { existing } from '../../domain/grant/grant.ts'
import { Refused } from '../../refused.ts'
import { streams } from '../../store/streams.ts'
import { transact } from '../../store/transact.ts'
import { parseScopes } from '../entitlement.ts'
import { groundsOf, requireGrounds } from '../grant-grounds.ts'
import { grantTokens, orRefused, refreshBinding, scopesInForce } from '../grant-tokens.ts'
import { requiredConfirmation } from '../sender-constraint.ts'
import { usableGrant } from '../usable-grant.ts'
import type { GrantType } from './grant-type.ts'

/** RFC 6749 section 6, with rotation (RFC 9700 section 4.14.2): each refresh token is used once. */
export const refreshToken: GrantType = async (parts, request, client) => {
  const { parameters, environment } = request
  const handle = parts.handles.open('refresh_token', parameters.require('refresh_token'))
  if (!handle || handle.environmentId !== environment.environmentId) throw new Refused('refresh_token_invalid')
  const { id: grantId, number } = handle
  const usable = await usableGrant(parts, request, client, grantId)
  const confirmation = requiredConfirmation(request, client.registration, usable.entitlement?.target)
  const scope = parameters.get('scope')
  const asked = scope === undefined ? [] : parseScopes(scope)
  const scopes = scopesInForce(usable, scope === undefined ? usable.grant.scopes : asked)
  const presented = { clientId: client.client.clientId, generation: BigInt(number), scopes: asked }
  const binding = refreshBinding(confirmation, client)
  const command = { type: 'refresh', grantId, time: new Date(), ...presented, confirmation: binding } as const
  const { states } = await transact(parts.store, {
    streams: { ...groundsOf(usable.grant), grant: streams.grant(grantId) },
    decide({ grant, ...grounds }) {
      requireGrounds(grounds, usable.grant)
      return { events: { grant: decider.decide(command, grant) } }
    },
  }).catch(orRefused)
  const found = existing(states.grant, grantId)
  if (found.state === GrantState.GRANT_STATE_REVOKED) throw new Refused('refresh_token_reused')
  return grantTokens(parts, request, { client, usable, found, scopes, confirmation, first: false })
}
