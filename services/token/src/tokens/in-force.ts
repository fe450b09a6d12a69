import { ClientState } from '@gatehouse/contracts/credential/v1/client'
import { GrantState } from '@gatehouse/contracts/token/v1/grant'
import { loadViews } from '@gatehouse/decision-state'
import { decideToken } from '@gatehouse/policy-engine'
import type { Place } from '../issue/token-request.ts'
import type { TokenParts } from '../token-parts.ts'
import type { KnownToken } from './read-token.ts'

/** Whether nothing has revoked a token that is valid by itself: the gateway's checks, on the same facts. */
export async function inForce(parts: TokenParts, place: Place, known: KnownToken): Promise<boolean> {
  if (known.kind === 'access') {
    const { environmentId } = place.environment
    const views = await loadViews(parts.state.credentials, { by: 'token', environmentId, token: known.token })
    return decideToken(environmentId, known.token, views, place.nowMs) === 'ok'
  }
  const { views, grants } = parts
  const [found, client] = await Promise.all([grants.byId(known.grantId), views.client(known.clientId)])
  return found?.state === GrantState.GRANT_STATE_ACTIVE && client?.state === ClientState.CLIENT_STATE_ACTIVE
}
