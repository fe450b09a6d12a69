import { ClientState } from '@gatehouse/contracts/credential/v1/client'
import type { ClientRegistration } from '@gatehouse/contracts/credential/v1/client_registration'
import type { ClientView } from '@gatehouse/contracts/read_model/v1/views'
import { Refused } from '../refused.ts'

/** A client that may ask for tokens, with what it registered. */
export interface RegisteredClient extends ClientView {
  readonly registration: ClientRegistration
}

/**
 * A client that exists in the environment, is active and registered for OAuth.
 * @throws Refused `client_unknown`, `client_suspended`, `client_not_registered`: alike to whoever asks
 */
export function registeredClient(client: ClientView | undefined, environmentId: string): RegisteredClient {
  if (!client || client.environmentId !== environmentId) throw new Refused('client_unknown')
  if (client.state !== ClientState.CLIENT_STATE_ACTIVE) throw new Refused('client_suspended')
  const { registration } = client
  if (!registration?.tokenEndpointAuthMethod) throw new Refused('client_not_registered')
  return { ...client, registration }
}
