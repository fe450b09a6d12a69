import type { InteractRequest, InteractResponse } from '@gatehouse/contracts/token/v1/authorization_service'
import { GatehouseError } from '@gatehouse/errors'
import { enterUserCode } from '../device/enter-user-code.ts'
import { placeOf } from '../issue/token-request.ts'
import { FactsOf } from '../refused.ts'
import { liveSession } from '../sign-in/sessions.ts'
import { finishFederatedSignIn, signIn, startFederatedSignIn } from '../sign-in/sign-in.ts'
import { signOut } from '../sign-out/sign-out.ts'
import type { TokenParts } from '../token-parts.ts'
import { answer, type Step } from './answer.ts'
import { listConsents, withdrawConsent } from './consents.ts'
import { decideConsent } from './decide-consent.ts'
import { showInteraction } from './show-interaction.ts'
import { startAuthorization } from './start-authorization.ts'
import type { Visit } from './visit.ts'

type Action = NonNullable<InteractRequest['action']>

/**
 * One step of a browser, with the session that is live at this moment.
 * @throws UNAVAILABLE when it cannot be known at the moment; INVALID_ARGUMENT without an action or a browser's binding
 */
export async function interact(
  parts: TokenParts,
  { endpoint, browser, action }: InteractRequest,
): Promise<InteractResponse> {
  if (!action || !browser?.binding) throw malformed()
  const place = placeOf(parts.state, endpoint)
  const facts = new FactsOf()
  const session = await liveSession(parts, place, browser)
  return answer(facts, () => take(parts, { place, browser, facts, session }, action))
}

/** What a browser can do. */
function take(parts: TokenParts, visit: Visit, action: Action): Promise<Step> {
  switch (action.$case) {
    case 'startAuthorization':
      return startAuthorization(parts, visit, action.value)
    case 'decideConsent':
      return decideConsent(parts, visit, action.value)
    case 'listConsents':
      return listConsents(parts, visit)
    case 'withdrawConsent':
      return withdrawConsent(parts, visit, action.value)
    case 'showInteraction':
      return showInteraction(parts, visit, action.value)
    case 'signIn':
      return signIn(parts, visit, action.value)
    case 'startFederatedSignIn':
      return startFederatedSignIn(parts, visit, action.value)
    case 'finishFederatedSignIn':
      return finishFederatedSignIn(parts, visit, action.value)
    case 'enterUserCode':
      return enterUserCode(parts, visit, action.value)
    case 'signOut':
      return signOut(parts, visit, action.value)
    default:
      return action satisfies never
  }
}

function malformed(): GatehouseError {
  const reason = 'INVALID_STEP'
  return new GatehouseError('INVALID_ARGUMENT', { reason, message: 'an action and a browser binding are required' })
}
