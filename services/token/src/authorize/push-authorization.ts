import type {
  PushAuthorizationRequest,
  PushAuthorizationResponse,
} from '@gatehouse/contracts/token/v1/authorization_service'
import type { Parameter } from '@gatehouse/contracts/token/v1/token_service'
import { authenticateClient } from '../issue/client-authentication/client-authentication.ts'
import { targetOf } from '../issue/entitlement.ts'
import { Parameters } from '../issue/parameters.ts'
import { type ClientRequest, placeOf } from '../issue/token-request.ts'
import { FactsOf, Refused, refusalOf } from '../refused.ts'
import { sourceOf } from '../sign-in/throttle.ts'
import type { TokenParts } from '../token-parts.ts'
import { checkRequest, proveClient } from './authorization-request.ts'
import { pushedLifeSeconds } from './pushed-requests.ts'

/** What is kept of a pushed request: its client's credentials are not. */
const kept: ReadonlySet<string> = new Set([
  ...['response_type', 'client_id', 'redirect_uri', 'scope', 'state', 'response_mode', 'nonce', 'prompt', 'max_age'],
  ...[
    'login_hint',
    'id_token_hint',
    'code_challenge',
    'code_challenge_method',
    'dpop_jkt',
    'resource',
    'authorization_details',
  ],
])

/** Anybody can push for a public client, and each request is kept a while. */
const ofSource = { free: 300, pauseMaxSeconds: 1 }

/**
 * RFC 9126: the client authenticates and has its request checked before the browser comes. It is checked again then.
 * @throws UNAVAILABLE when it cannot be known at the moment
 */
export async function pushAuthorization(
  parts: TokenParts,
  { endpoint, parameters: list }: PushAuthorizationRequest,
): Promise<PushAuthorizationResponse> {
  const place = placeOf(parts.state, endpoint)
  const facts = new FactsOf()
  try {
    const request = { ...place, parameters: new Parameters(list), facts }
    const { client, confidential } = await authenticateClient(parts, request)
    const { clientId } = client
    const pushed = pushedParameters(request, list, clientId)
    await checkRequest(parts, place, pushed, await proveClient(parts.views, place, pushed))
    if (!confidential) await throttle(parts, request, clientId)
    const by = { environmentId: place.environment.environmentId, clientId }
    const requestUri = await parts.authorize.pushed.keep(by, pushed, place.nowMs)
    const value = { requestUri, expiresIn: BigInt(pushedLifeSeconds) }
    return { result: { $case: 'pushed', value }, facts: facts.as('ok') }
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    return {
      result: { $case: 'refusal', value: refusalOf(error.reason, place.environment.environmentId) },
      facts: facts.as(error.reason),
    }
  }
}

/** RFC 9126 section 2.3: 429. */
async function throttle({ signIn }: TokenParts, request: ClientRequest, clientId: string): Promise<void> {
  const { endpoint, environment, nowMs } = request
  const of = [environment.environmentId, clientId, sourceOf(endpoint.clientIp)]
  const wait = await signIn.throttle.take([{ kind: 'push', of, allowance: ofSource }], new Date(nowMs))
  if (wait > 0) throw new Refused('pushed_requests_throttled')
}

function pushedParameters(request: ClientRequest, list: readonly Parameter[], clientId: string): readonly Parameter[] {
  const { endpoint, parameters } = request
  // Section 2.1: a pushed request refers to no other one.
  if (parameters.get('request_uri') !== undefined) throw new Refused('parameter_invalid')
  if (parameters.get('request') !== undefined) throw new Refused('request_object_unsupported')
  if ((parameters.get('client_id') ?? clientId) !== clientId) throw new Refused('parameter_invalid')
  const pushed = list.filter(({ name }) => kept.has(name) && name !== 'client_id')
  const proven = endpoint.dpopThumbprint
  const thumbprint = parameters.get('dpop_jkt')
  // RFC 9449 section 10.1: a proof of the push binds the code as well.
  if (proven && (thumbprint ?? proven) !== proven) throw new Refused('parameter_invalid')
  const bound = proven && thumbprint === undefined ? [{ name: 'dpop_jkt', value: proven }] : []
  // The browser comes to the path of any API, or of none.
  const named = parameters.get('resource') === undefined && endpoint.apiId !== ''
  const target = named ? [{ name: 'resource', value: targetOf(request).audience }] : []
  return [...pushed, { name: 'client_id', value: clientId }, ...bound, ...target]
}
