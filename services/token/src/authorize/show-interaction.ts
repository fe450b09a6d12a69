import type { ShowInteraction } from '@gatehouse/contracts/token/v1/authorization_service'
import { deviceConsentPage } from '../device/enter-user-code.ts'
import { Refused } from '../refused.ts'
import type { TokenParts } from '../token-parts.ts'
import type { Step } from './answer.ts'
import { registeredClient } from './check-client.ts'
import type { InteractionOf } from './interaction.ts'
import { askConsent, proceed } from './proceed.ts'
import { resume } from './resume.ts'
import { type Visit, viewerOf } from './visit.ts'

/**
 * The page of a sign-in or a consent, as often as its browser asks for it; on with a sign-in that has happened.
 * @throws Refused `interaction_invalid`
 */
export async function showInteraction(
  parts: TokenParts,
  visit: Visit,
  { interaction }: ShowInteraction,
): Promise<Step> {
  const { interactions } = parts.authorize
  const [viewer, { nowMs }] = [viewerOf(visit), visit.place]
  const signIn = interactions.open('sign_in', interaction, viewer, nowMs)
  if (signIn) return resume(parts, visit, signIn.goal)
  const consent = interactions.open('consent', interaction, viewer, nowMs)
  if (consent) return showConsent(parts, visit, consent)
  const device = interactions.open('device_consent', interaction, viewer, nowMs)
  if (device) return showDeviceConsent(parts, visit, device)
  throw new Refused('interaction_invalid')
}

async function showConsent(
  parts: TokenParts,
  visit: Visit,
  { request, sessionId }: InteractionOf<'consent'>,
): Promise<Step> {
  const { session, facts } = visit
  const { clientId, apiId, subscriptionId, environmentId } = request
  facts.add({ clientId, apiId, subscriptionId })
  // Signed out meanwhile, or somebody else has signed in.
  if (session?.session.sessionId !== sessionId) return { next: await proceed(parts, visit, request) }
  facts.add({ userId: session.user.userId })
  const client = registeredClient(await parts.views.client(clientId), environmentId)
  return { next: askConsent(parts, visit, request, client, session) }
}

async function showDeviceConsent(
  parts: TokenParts,
  visit: Visit,
  { deviceAuthorizationId, sessionId }: InteractionOf<'device_consent'>,
): Promise<Step> {
  const { session, facts } = visit
  if (session?.session.sessionId !== sessionId) throw new Refused('interaction_invalid')
  facts.add({ userId: session.user.userId })
  const device = await parts.signIn.devices.byId(deviceAuthorizationId)
  if (!device) throw new Refused('device_answered')
  facts.add({ clientId: device.clientId, apiId: device.apiId })
  return { next: { $case: 'consent', value: await deviceConsentPage(parts, visit, session, device) } }
}
