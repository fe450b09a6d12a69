import { type Client, ClientState } from '@gatehouse/contracts/credential/v1/client'
import type { CredentialEvent } from '@gatehouse/contracts/events'
import { failedPrecondition, notFound } from '@gatehouse/errors'

/** A client as its events make it; undefined when it does not exist. Its version is that of its stream. */
export type ClientFacts = Omit<Client, 'version'> | undefined

export const initialState: ClientFacts = undefined

export function evolve(client: ClientFacts, { type, data }: CredentialEvent): ClientFacts {
  if (type === 'gatehouse.credential.v1.ClientRegistered') {
    const { clientId, environmentId, displayName, registration, registerTime: createTime } = data
    return { clientId, environmentId, displayName, registration, state: ClientState.CLIENT_STATE_ACTIVE, createTime }
  }
  if (!client) return client
  switch (type) {
    case 'gatehouse.credential.v1.ClientSuspended':
      return { ...client, state: ClientState.CLIENT_STATE_SUSPENDED }
    case 'gatehouse.credential.v1.ClientResumed':
      return { ...client, state: ClientState.CLIENT_STATE_ACTIVE }
    case 'gatehouse.credential.v1.ClientRegistrationChanged':
      return { ...client, registration: data.registration, displayName: data.displayName }
    case 'gatehouse.credential.v1.ClientDeleted':
      return { ...client, state: ClientState.CLIENT_STATE_DELETED }
    default:
      return client
  }
}

/** @throws NOT_FOUND */
export function existing(client: ClientFacts, clientId: string): NonNullable<ClientFacts> {
  if (!client) throw notFound('client', clientId)
  return client
}

/** @throws NOT_FOUND, FAILED_PRECONDITION `CLIENT_DELETED` */
export function undeleted(client: ClientFacts, clientId: string): NonNullable<ClientFacts> {
  const found = existing(client, clientId)
  if (found.state !== ClientState.CLIENT_STATE_DELETED) return found
  throw failedPrecondition('CLIENT_DELETED', `client ${clientId} is deleted, which is final`)
}

/**
 * What a client must be before it gets anything new.
 * @throws NOT_FOUND, FAILED_PRECONDITION `CLIENT_DELETED` or `CLIENT_SUSPENDED`
 */
export function active(client: ClientFacts, clientId: string): NonNullable<ClientFacts> {
  const found = undeleted(client, clientId)
  if (found.state === ClientState.CLIENT_STATE_ACTIVE) return found
  throw failedPrecondition('CLIENT_SUSPENDED', `client ${clientId} is suspended: resume it first`)
}
