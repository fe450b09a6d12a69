import type { ConsentPage, DevicePage, EnterUserCode } from '@gatehouse/contracts/token/v1/authorization_service'
import type { DeviceAuthorization } from '@gatehouse/contracts/token/v1/grant'
import type { Step } from '../authorize/answer.ts'
import { eachDetail } from '../authorize/authorization-details.ts'
import { registeredClient } from '../authorize/check-client.ts'
import { inWords } from '../authorize/consent-page.ts'
import { signInPage } from '../authorize/sign-in-page.ts'
import { type SignedInUser, seal, type Visit } from '../authorize/visit.ts'
import { digestUserCode, readUserCode } from '../domain/device/user-code.ts'
import { type Counted, sourceOf } from '../sign-in/throttle.ts'
import type { TokenParts } from '../token-parts.ts'
import { deviceGrantType } from './device-grant-type.ts'

// 34.5 bits, a thousand devices waiting: 10 guesses an hour and session find one in 290 years.
const ofSession = { free: 10, pauseMaxSeconds: 900 }
const ofSource = { free: 50, pauseMaxSeconds: 900 }
const typedCharsMax = 32

/**
 * The page where a user types the code that the device shows (RFC 8628 section 3.3). Who types one signs in first:
 * nobody else learns whether a device waits under a code.
 */
export async function enterUserCode(parts: TokenParts, visit: Visit, { userCode }: EnterUserCode): Promise<Step> {
  visit.facts.add({ grantType: deviceGrantType })
  const typed = userCode.slice(0, typedCharsMax)
  if (typed === '') return { next: { $case: 'device', value: devicePage('') } }
  if (!visit.session) {
    return { next: { $case: 'signIn', value: await signInPage(parts, visit, { kind: 'device', userCode: typed }) } }
  }
  return showDevice(parts, visit, visit.session, typed)
}

/** The device under a code, for its user to agree or not. */
export async function showDevice(
  parts: TokenParts,
  visit: Visit,
  signedIn: SignedInUser,
  typed: string,
): Promise<Step> {
  const { place, facts } = visit
  facts.add({ grantType: deviceGrantType, userId: signedIn.user.userId })
  const retryAfterSeconds = await parts.signIn.throttle.take(guessesOf(visit, signedIn), new Date(place.nowMs))
  if (retryAfterSeconds > 0) {
    const page = { ...devicePage(typed), retryAfterSeconds: BigInt(retryAfterSeconds) }
    return { next: { $case: 'device', value: page }, reason: 'user_code_throttled' }
  }
  const found = await find(parts, visit, typed)
  if (!found) {
    return { next: { $case: 'device', value: { ...devicePage(typed), failed: true } }, reason: 'user_code_unknown' }
  }
  const { clientId, apiId, scopes } = found
  facts.add({ clientId, apiId, scopes: [...scopes] })
  return { next: { $case: 'consent', value: await deviceConsentPage(parts, visit, signedIn, found) } }
}

function find({ signIn }: TokenParts, { place }: Visit, typed: string): Promise<DeviceAuthorization | undefined> {
  const code = readUserCode(typed)
  if (code === undefined) return Promise.resolve(undefined)
  const { environmentId } = place.environment
  return signIn.devices.byUserCode(environmentId, digestUserCode(code), new Date(place.nowMs))
}

function guessesOf({ place }: Visit, { session }: SignedInUser): readonly Counted[] {
  const { environmentId } = place.environment
  const source = sourceOf(place.endpoint.clientIp)
  return [
    { kind: 'user code by session', of: [environmentId, session.sessionId], allowance: ofSession },
    { kind: 'user code by source', of: [environmentId, source], allowance: ofSource },
  ]
}

/** Asks the user of the session whether to let a device in. */
export async function deviceConsentPage(
  parts: TokenParts,
  visit: Visit,
  { session, user }: SignedInUser,
  device: DeviceAuthorization,
): Promise<ConsentPage> {
  const { deviceAuthorizationId, apiId, scopes, authorizationDetails } = device
  const client = registeredClient(await parts.views.client(device.clientId), device.environmentId)
  const { sessionId } = session
  return {
    interaction: seal(parts, visit, { kind: 'device_consent', deviceAuthorizationId, sessionId }),
    clientName: client.displayName || client.clientId,
    ...{ username: user.username, device: true, redirectOrigin: '' },
    scopes: scopes.map((scope) => inWords(visit.place, apiId, scope)),
    authorizationDetails: eachDetail(authorizationDetails),
  }
}

function devicePage(userCode: string): DevicePage {
  return { failed: false, userCode, retryAfterSeconds: 0n }
}
