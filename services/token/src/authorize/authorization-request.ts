import type { Parameter } from '@gatehouse/contracts/token/v1/token_service'
import { entitlementOf } from '../issue/entitlement.ts'
import { readIdTokenHint } from '../issue/id-token-hint.ts'
import { Parameters } from '../issue/parameters.ts'
import type { ClientRequest, Place } from '../issue/token-request.ts'
import type { Views } from '../read/views.ts'
import { FactsOf, Refused } from '../refused.ts'
import type { TokenParts } from '../token-parts.ts'
import { readAuthorizationDetails } from './authorization-details.ts'
import { type RegisteredClient, registeredClient } from './check-client.ts'
import { type Asking, checkPrompt } from './check-prompt.ts'
import { checkScopes, identityScopes } from './check-scopes.ts'
import { isSha256 } from './proof-key.ts'
import { type RedirectUri, redirectUriOf } from './redirect-uri.ts'
import { RefusedToClient, type ReturnAddress } from './return-address.ts'

/** A checked authorization request. */
export interface AuthorizationRequest extends Asking {
  readonly environmentId: string
  readonly clientId: string
  readonly address: ReturnAddress
  /** What the token request has to repeat; empty where the request left it out. */
  readonly redirectUriSent: string
  /** Empty: only `openid` and the like. */
  readonly apiId: string
  readonly subscriptionId: string
  readonly scopes: readonly string[]
  /** RFC 9396, JSON; empty: none. */
  readonly authorizationDetails: string
  /** RFC 7636, method S256. */
  readonly codeChallenge: string
  /** RFC 9449 section 10; empty: none. */
  readonly dpopThumbprint: string
  readonly nonce: string
  /** Who alone is wanted, by the `id_token_hint`; empty: whoever signs in. */
  readonly wantedUserId: string
  readonly startTimeMs: number
}

/** A client that may be answered, and where. */
export interface ProvenClient {
  readonly client: RegisteredClient
  readonly redirect: RedirectUri
  readonly address: ReturnAddress
}

const stateBytesMax = 4096
const nonceBytesMax = 512

/**
 * Whom to answer, and where. Until that is proven nobody is sent anywhere.
 * @throws Refused, to be shown here
 */
export async function proveClient(views: Views, place: Place, list: readonly Parameter[]): Promise<ProvenClient> {
  const clientId = single(list, 'client_id')
  if (clientId === undefined) throw new Refused('parameter_missing')
  const client = registeredClient(await views.client(clientId), place.endpoint.environmentId)
  const redirect = redirectUriOf(client.registration.redirectUris, single(list, 'redirect_uri'))
  if (!redirect) throw new Refused('redirect_uri_unregistered')
  return { client, redirect, address: addressOf(redirect, place, list) }
}

/**
 * Checks all else that a request asks for.
 * @throws RefusedToClient
 */
export async function checkRequest(
  parts: Pick<TokenParts, 'views' | 'verificationKey'>,
  place: Place,
  list: readonly Parameter[],
  { client, redirect, address }: ProvenClient,
): Promise<AuthorizationRequest> {
  try {
    const parameters = new Parameters(list)
    checkForm(client, parameters)
    const asked = await checkTarget(parts.views, client, { ...place, parameters, facts: new FactsOf() })
    return {
      ...{ environmentId: client.environmentId, clientId: client.clientId, address, redirectUriSent: redirect.sent },
      ...asked,
      ...checkPrompt(parameters),
      codeChallenge: parameters.require('code_challenge'),
      dpopThumbprint: parameters.get('dpop_jkt') ?? '',
      nonce: parameters.get('nonce') ?? '',
      wantedUserId: wantedUserOf(parts, place, client, parameters.get('id_token_hint')),
      startTimeMs: place.nowMs,
    }
  } catch (error) {
    throw error instanceof Refused ? new RefusedToClient(error.reason, address) : error
  }
}

function checkForm({ registration }: RegisteredClient, parameters: Parameters): void {
  if (parameters.get('request') !== undefined) throw new Refused('request_object_unsupported')
  if (parameters.require('response_type') !== 'code') throw new Refused('response_type_unsupported')
  if (!registration.grantTypes.includes('authorization_code')) throw new Refused('grant_type_not_allowed')
  const mode = parameters.get('response_mode')
  if (mode !== undefined && mode !== 'query' && mode !== 'form_post') throw new Refused('parameter_invalid')
  if (Buffer.byteLength(parameters.get('state') ?? '') > stateBytesMax) throw new Refused('parameter_invalid')
  if (Buffer.byteLength(parameters.get('nonce') ?? '') > nonceBytesMax) throw new Refused('parameter_invalid')
  // Without a method it would be `plain` (RFC 7636 section 4.3).
  const sha256 = parameters.get('code_challenge_method') === 'S256'
  if (!sha256 || !isSha256(parameters.get('code_challenge') ?? '')) throw new Refused('code_challenge_required')
  const thumbprint = parameters.get('dpop_jkt')
  if (thumbprint !== undefined && !isSha256(thumbprint)) throw new Refused('parameter_invalid')
}

function wantedUserOf(
  parts: Pick<TokenParts, 'verificationKey'>,
  place: Place,
  { clientId }: RegisteredClient,
  hint: string | undefined,
): string {
  if (hint === undefined) return ''
  const { clientId: issuedTo, userId } = readIdTokenHint(parts, place, hint)
  if (issuedTo !== clientId) throw new Refused('id_token_hint_invalid')
  return userId
}

/** What of which API is asked for. */
export async function checkTarget(
  views: Views,
  { clientId }: Pick<RegisteredClient, 'clientId'>,
  request: ClientRequest,
) {
  const { parameters } = request
  const scope = parameters.get('scope')
  const details = parameters.get('authorization_details')
  if (isOfNoApi(request))
    return { apiId: '', subscriptionId: '', scopes: checkScopes(scope, []), authorizationDetails: '' }
  const { target, subscription } = await entitlementOf(views, request, clientId)
  const authorizationDetails = readAuthorizationDetails(details, target.tokens.authorizationDetailTypes)
  if (authorizationDetails === undefined) throw new Refused('authorization_details_invalid')
  const { subscriptionId, scopes } = subscription
  return { apiId: target.api.apiId, subscriptionId, scopes: checkScopes(scope, scopes), authorizationDetails }
}

/** It names none and asks for nothing that only an API has: the user's identity is all that is wanted. */
function isOfNoApi({ endpoint, parameters }: ClientRequest): boolean {
  const named = endpoint.apiId !== '' || parameters.all('resource').length > 0
  if (named || parameters.get('authorization_details') !== undefined) return false
  return (
    parameters
      .get('scope')
      ?.split(' ')
      .every((scope) => identityScopes.has(scope)) ?? false
  )
}

function addressOf(redirect: RedirectUri, place: Place, list: readonly Parameter[]): ReturnAddress {
  const state = list.find(({ name }) => name === 'state')?.value ?? ''
  const mode = list.find(({ name }) => name === 'response_mode')?.value
  return {
    redirectUri: redirect.uri,
    responseMode: mode === 'form_post' ? 'form_post' : 'query',
    state: Buffer.byteLength(state) > stateBytesMax ? '' : state,
    issuer: place.issuer.url,
  }
}

/** @throws Refused when it stands twice: nobody can tell which one was meant */
function single(list: readonly Parameter[], name: string): string | undefined {
  const [first, ...others] = list.filter((parameter) => parameter.name === name)
  if (others.length > 0) throw new Refused('parameter_repeated')
  return first?.value || undefined
}
