import type { DecideConsent } from '@gatehouse/contracts/token/v1/authorization_service'
import { answerDevice } from '../device/answer-device.ts'
import type { TokenParts } from '../token-parts.ts'
import type { Step } from './answer.ts'
import { grantCode, proceed } from './proceed.ts'
import { RefusedToClient } from './return-address.ts'
import { unseal, type Visit, viewerOf } from './visit.ts'

/** The user's answer, to a client or a device. @throws RefusedToClient `consent_denied`, Refused `interaction_invalid` */
export async function decideConsent(
  parts: TokenParts,
  visit: Visit,
  { interaction, approved }: DecideConsent,
): Promise<Step> {
  const device = parts.authorize.interactions.open('device_consent', interaction, viewerOf(visit), visit.place.nowMs)
  if (device) return answerDevice(parts, visit, device, approved)
  const { request, sessionId } = unseal(parts, visit, 'consent', interaction)
  const { session, facts } = visit
  const { clientId, apiId, subscriptionId, scopes, address } = request
  facts.add({ clientId, apiId, subscriptionId, scopes: [...scopes], grantType: 'authorization_code' })
  // Signed out meanwhile, or somebody else has signed in: whoever answers has not been asked.
  if (session?.session.sessionId !== sessionId) return { next: await proceed(parts, visit, request) }
  facts.add({ userId: session.user.userId })
  if (!approved) throw new RefusedToClient('consent_denied', address)
  return { next: await grantCode(parts, visit, request, session, 'give') }
}
