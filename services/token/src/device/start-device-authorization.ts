import { randomBytes, randomInt } from 'node:crypto'
import type {
  StartDeviceAuthorizationRequest,
  StartDeviceAuthorizationResponse,
  StartedDeviceAuthorization,
} from '@gatehouse/contracts/token/v1/authorization_service'
import type { DeviceAuthorization } from '@gatehouse/contracts/token/v1/grant'
import { encodeBase32, secretIdBytes } from '@gatehouse/credential-format'
import { checkTarget } from '../authorize/authorization-request.ts'
import { device as decider } from '../domain/device/decide.ts'
import { digestUserCode, drawUserCode, showUserCode } from '../domain/device/user-code.ts'
import { authenticateClient } from '../issue/client-authentication/client-authentication.ts'
import { Parameters } from '../issue/parameters.ts'
import { type ClientRequest, type Place, placeOf } from '../issue/token-request.ts'
import { FactsOf, Refused, refusalOf } from '../refused.ts'
import { sourceOf } from '../sign-in/throttle.ts'
import { streams } from '../store/streams.ts'
import { transact } from '../store/transact.ts'
import type { TokenParts } from '../token-parts.ts'
import { deviceGrantType } from './device-grant-type.ts'

/** A user has to find another device, and sign in there. */
const lifeSeconds = 600n
const intervalSeconds = 5n

// Each keeps events, and anybody can ask for a public client.
const ofSource = { free: 60, pauseMaxSeconds: 60 }

/**
 * The device authorization endpoint (RFC 8628 section 3.1): form → client → what is asked for → codes.
 * @throws UNAVAILABLE when it cannot be known at the moment
 */
export async function startDeviceAuthorization(
  parts: TokenParts,
  request: StartDeviceAuthorizationRequest,
): Promise<StartDeviceAuthorizationResponse> {
  const place = placeOf(parts.state, request.endpoint)
  const facts = new FactsOf()
  facts.add({ grantType: deviceGrantType })
  try {
    const parameters = new Parameters(request.parameters)
    const started = await start(parts, { ...place, parameters, facts })
    return { result: { $case: 'started', value: started }, facts: facts.as('ok') }
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    return {
      result: { $case: 'refusal', value: refusalOf(error.reason, place.environment.environmentId) },
      facts: facts.as(error.reason),
    }
  }
}

async function start(parts: TokenParts, request: ClientRequest): Promise<StartedDeviceAuthorization> {
  const { client, registration } = await authenticateClient(parts, request)
  if (!registration.grantTypes.includes(deviceGrantType)) throw new Refused('grant_type_not_allowed')
  const { apiId, subscriptionId, scopes, authorizationDetails } = await checkTarget(parts.views, client, request)
  request.facts.add({ apiId, subscriptionId, scopes: [...scopes] })
  await throttle(parts, request, client.clientId)
  const deviceAuthorizationId = encodeBase32(randomBytes(secretIdBytes))
  const userCode = await freeUserCode(parts, request)
  const { environmentId } = request.environment
  const startTime = new Date(request.nowMs)
  const authorization: DeviceAuthorization = {
    ...{ deviceAuthorizationId, environmentId, clientId: client.clientId, apiId, scopes: [...scopes] },
    ...{ authorizationDetails, userCodeDigest: digestUserCode(userCode), startTime, intervalSeconds },
    expireTime: new Date(request.nowMs + Number(lifeSeconds) * 1000),
  }
  await transact(parts.store, {
    streams: { device: streams.device(deviceAuthorizationId) },
    decide: ({ device }) => ({
      events: {
        device: decider.decide({ type: 'start', deviceAuthorizationId, authorization, time: startTime }, device),
      },
    }),
  })
  const deviceCode = parts.handles.mint('device_code', { environmentId, id: deviceAuthorizationId, number: 0 })
  return { deviceCode, userCode: showUserCode(userCode), expiresIn: lifeSeconds, interval: intervalSeconds }
}

async function throttle({ signIn }: TokenParts, { endpoint, environment, nowMs }: Place, clientId: string) {
  const of = [environment.environmentId, clientId, sourceOf(endpoint.clientIp)]
  const wait = await signIn.throttle.take([{ kind: 'device start', of, allowance: ofSource }], new Date(nowMs))
  if (wait > 0) throw new Refused('device_starts_throttled')
}

/** One that no other device waits under. */
async function freeUserCode({ signIn }: TokenParts, { environment, nowMs }: Place): Promise<string> {
  for (;;) {
    const userCode = drawUserCode((below) => randomInt(below))
    const digest = digestUserCode(userCode)
    const taken = await signIn.devices.byUserCode(environment.environmentId, digest, new Date(nowMs))
    if (!taken) return userCode
  }
}
