import { MessageKind } from '@gatehouse/contracts/token/v1/authorization_service'
import type { DeviceAuthorization } from '@gatehouse/contracts/token/v1/grant'
import { GatehouseError } from '@gatehouse/errors'
import { message, type Step } from '../authorize/answer.ts'
import type { InteractionOf } from '../authorize/interaction.ts'
import { startGrant } from '../authorize/start-grant.ts'
import type { SignedInUser, Visit } from '../authorize/visit.ts'
import { device as decider } from '../domain/device/decide.ts'
import { Refused } from '../refused.ts'
import { streams } from '../store/streams.ts'
import { transact } from '../store/transact.ts'
import type { TokenParts } from '../token-parts.ts'
import { deviceGrantType } from './device-grant-type.ts'

/** The user's answer to a device. @throws Refused `interaction_invalid`, `device_answered`, `not_entitled` */
export async function answerDevice(
  parts: TokenParts,
  visit: Visit,
  { deviceAuthorizationId, sessionId }: InteractionOf<'device_consent'>,
  approved: boolean,
): Promise<Step> {
  const { session, facts } = visit
  facts.add({ grantType: deviceGrantType })
  // Signed out meanwhile, or somebody else has signed in: whoever answers has not been asked.
  if (session?.session.sessionId !== sessionId) throw new Refused('interaction_invalid')
  facts.add({ userId: session.user.userId })
  const device = await parts.signIn.devices.byId(deviceAuthorizationId)
  if (!device) throw new Refused('device_answered')
  facts.add({ clientId: device.clientId, apiId: device.apiId, scopes: [...device.scopes] })
  if (!approved) {
    await deny(parts, deviceAuthorizationId)
    return { next: message(MessageKind.MESSAGE_KIND_DEVICE_DENIED), reason: 'device_denied' }
  }
  await approve(parts, visit, session, device)
  return { next: message(MessageKind.MESSAGE_KIND_DEVICE_APPROVED) }
}

async function approve(
  parts: TokenParts,
  { place, facts }: Visit,
  { session, user }: SignedInUser,
  device: DeviceAuthorization,
): Promise<void> {
  const { environmentId, clientId, apiId, scopes, authorizationDetails, deviceAuthorizationId } = device
  const subscription = apiId ? await parts.views.subscriptionOf(clientId, apiId) : undefined
  if (apiId && !subscription) throw new Refused('not_entitled')
  const { sessionId, authTime } = session
  // The device goes on when this browser signs out.
  const subscriptionId = subscription?.subscriptionId ?? ''
  const asked = { environmentId, clientId, apiId, subscriptionId, scopes, authorizationDetails, nonce: '' }
  const wanted = { ...asked, userId: user.userId, sessionId: '', authTime, code: undefined }
  const { grantId } = await startGrant(parts, place, wanted, { agreedBy: 'give', sessionId, deviceAuthorizationId })
  facts.add({ grantId, subscriptionId })
}

async function deny({ store }: TokenParts, deviceAuthorizationId: string): Promise<void> {
  await transact(store, {
    streams: { device: streams.device(deviceAuthorizationId) },
    decide: ({ device }) => ({
      events: { device: decider.decide({ type: 'deny', deviceAuthorizationId, time: new Date() }, device) },
    }),
  }).catch((error: unknown) => {
    const late = error instanceof GatehouseError && answered.has(error.reason)
    throw late ? new Refused('device_answered') : error
  })
}

const answered: ReadonlySet<string> = new Set(['EXPIRED_TOKEN', 'DEVICE_ANSWERED'])
