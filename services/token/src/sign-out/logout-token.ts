import type { ClientRegistration } from '@gatehouse/contracts/credential/v1/client_registration'
import { idTokenAlgorithm } from '../issue/id-token.ts'
import { newTokenId } from '../issue/token-id.ts'
import type { TokenParts } from '../token-parts.ts'
import type { LogoutDelivery } from './logout-deliveries.ts'

/** Section 2.4 advises two minutes: a token that is caught cannot be used later. */
const lifeSeconds = 120
const event = 'http://schemas.openid.net/event/backchannel-logout'

/** A logout token (OpenID Connect Back-Channel Logout section 2.4), never taken as an ID token: `typ`, and no nonce. */
export function logoutToken(
  { keys }: Pick<TokenParts, 'keys'>,
  issuerUrl: string,
  registration: ClientRegistration,
  { environmentId, clientId, userId, sessionId }: LogoutDelivery,
) {
  const issuedAt = Math.floor(Date.now() / 1000)
  const payload = {
    ...{ iss: issuerUrl, aud: clientId, sub: userId, sid: sessionId },
    ...{ iat: issuedAt, exp: issuedAt + lifeSeconds, jti: newTokenId() },
    events: { [event]: {} },
  }
  return keys.sign(environmentId, idTokenAlgorithm(registration), 'logout+jwt', JSON.stringify(payload))
}
