import type { Parameter } from '@gatehouse/contracts/token/v1/token_service'
import { readIdTokenHint } from '../issue/id-token-hint.ts'
import { Parameters } from '../issue/parameters.ts'
import type { Place } from '../issue/token-request.ts'
import { Refused } from '../refused.ts'
import type { TokenParts } from '../token-parts.ts'

/** A checked request of RP-initiated logout. */
export interface LogoutRequest {
  /** Empty: none was named. */
  readonly clientId: string
  /** Where the browser goes in the end, `state` included; empty: to a page of ours. */
  readonly returnTo: string
  /** What the ID token says of the session and its user; undefined: there is none. */
  readonly hint: { readonly sessionId: string; readonly userId: string } | undefined
}

const stateBytesMax = 4096

/**
 * OpenID Connect RP-Initiated Logout section 2. Nobody is sent anywhere but to an address that the client registered,
 * byte for byte, and the client is named by an ID token of ours or by itself.
 * @throws Refused `parameter_repeated`, `parameter_invalid`, `id_token_hint_invalid`,
 *   `post_logout_redirect_uri_unregistered`
 */
export async function logoutRequest(
  parts: TokenParts,
  place: Place,
  list: readonly Parameter[],
): Promise<LogoutRequest> {
  const parameters = new Parameters(list)
  const text = parameters.get('id_token_hint')
  const hint = text === undefined ? undefined : readIdTokenHint(parts, place, text)
  const named = parameters.get('client_id')
  if (hint && named !== undefined && named !== hint.clientId) throw new Refused('id_token_hint_invalid')
  const clientId = hint?.clientId ?? named ?? ''
  const uri = parameters.get('post_logout_redirect_uri')
  const state = parameters.get('state')
  if (Buffer.byteLength(state ?? '') > stateBytesMax) throw new Refused('parameter_invalid')
  return { clientId, hint, returnTo: uri === undefined ? '' : await returnAddress(parts, place, clientId, uri, state) }
}

async function returnAddress(
  { views }: TokenParts,
  { environment }: Place,
  clientId: string,
  uri: string,
  state: string | undefined,
): Promise<string> {
  const client = clientId ? await views.client(clientId) : undefined
  const known = client?.environmentId === environment.environmentId ? client.registration : undefined
  if (!known?.postLogoutRedirectUris.includes(uri)) throw new Refused('post_logout_redirect_uri_unregistered')
  if (state === undefined) return uri
  const target = new URL(uri)
  target.searchParams.append('state', state)
  return target.href
}
