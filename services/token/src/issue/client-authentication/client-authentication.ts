import { ClientState } from '@gatehouse/contracts/credential/v1/client'
import {
  type ClientRegistration,
  ClientAuthenticationMethod as Method,
} from '@gatehouse/contracts/credential/v1/client_registration'
import type { ClientView } from '@gatehouse/contracts/read_model/v1/views'
import { Refused } from '../../refused.ts'
import type { TokenParts } from '../../token-parts.ts'
import type { ClientRequest } from '../token-request.ts'
import { checkAssertion } from './assertion.ts'
import { type CertificateMethod, checkCertificate } from './certificate.ts'
import { type Presented, presented, rememberPresented } from './presented.ts'
import { checkSecret } from './secret.ts'

/** A client whose identity is proven as far as its method proves it; a public client's (`none`) is not. */
export interface AuthenticatedClient {
  readonly client: ClientView
  readonly registration: ClientRegistration
  /** Public clients hold no credential. */
  readonly confidential: boolean
}

/**
 * RFC 6749 section 2.3: exactly one method, the one that the client registered. Every refusal is the same answer, and is
 * given on what was known when it was asked for: a client may come with what it was registered with a moment ago.
 * @throws Refused
 */
export async function authenticateClient(parts: TokenParts, request: ClientRequest): Promise<AuthenticatedClient> {
  const { state } = parts
  const before = state.positions()?.credential
  try {
    return await authenticateNow(parts, request)
  } catch (error) {
    const later = error instanceof Refused && (await state.catchUp('credential'))
    if (!later || state.positions()?.credential === before) throw error
    return authenticateNow(parts, request)
  }
}

async function authenticateNow(parts: TokenParts, request: ClientRequest): Promise<AuthenticatedClient> {
  const shown = presented(request)
  request.facts.add({ clientId: shown.clientId })
  const found = parts.views.client(shown.clientId)
  const client = found instanceof Promise ? await found : found
  const { registration } = client ?? {}
  const method = registration?.tokenEndpointAuthMethod
  // The credential is looked at first: whether the client exists, is suspended or registered is not for everybody.
  const checking = checkCredential(parts, request, shown, registration)
  if (checking) await checking
  if (!client || client.environmentId !== request.environment.environmentId) throw new Refused('client_unknown')
  if (client.state !== ClientState.CLIENT_STATE_ACTIVE) throw new Refused('client_suspended')
  if (!registration || !method) throw new Refused('client_not_registered')
  rememberPresented(request, shown)
  return { client, registration, confidential: method !== Method.CLIENT_AUTHENTICATION_METHOD_NONE }
}

/** Throws, or rejects with, Refused. */
function checkCredential(
  parts: TokenParts,
  request: ClientRequest,
  shown: Presented,
  registration: ClientRegistration | undefined,
): void | Promise<void> {
  const method = registration?.tokenEndpointAuthMethod
  switch (shown.kind) {
    case 'basic':
    case 'post': {
      const wanted = secretMethods[shown.kind]
      const checking = checkSecret(parts, request, shown)
      return checking ? checking.then(() => requireMethod(method, wanted)) : requireMethod(method, wanted)
    }
    case 'assertion':
      requireMethod(method, Method.CLIENT_AUTHENTICATION_METHOD_PRIVATE_KEY_JWT)
      return checkAssertion(parts, request, shown, registration?.jwks ?? '')
    case 'none':
      if (method === Method.CLIENT_AUTHENTICATION_METHOD_NONE) return
      if (registration && isCertificateMethod(method)) return checkCertificate(request, method, registration)
      throw new Refused(registration ? 'client_authentication_missing' : 'client_unknown')
  }
}

const secretMethods = {
  basic: Method.CLIENT_AUTHENTICATION_METHOD_CLIENT_SECRET_BASIC,
  post: Method.CLIENT_AUTHENTICATION_METHOD_CLIENT_SECRET_POST,
} as const

function requireMethod(registered: Method | undefined, used: Method): void {
  if (registered !== used) throw new Refused('client_method_mismatch')
}

function isCertificateMethod(method: Method | undefined): method is CertificateMethod {
  return (
    method === Method.CLIENT_AUTHENTICATION_METHOD_TLS_CLIENT_AUTH ||
    method === Method.CLIENT_AUTHENTICATION_METHOD_SELF_SIGNED_TLS_CLIENT_AUTH
  )
}
