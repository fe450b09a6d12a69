import { ClientState } from '@gatehouse/contracts/credential/v1/client'
import { encodeMessage } from '@gatehouse/contracts/encode'
import type { CredentialEvent } from '@gatehouse/contracts/events'
import { ClientView } from '@gatehouse/contracts/read_model/v1/views'
import { existing, isNew, Unappliable } from './projection.ts'

export function foldClient(event: CredentialEvent, id: string, bytes: Uint8Array | undefined, version: bigint) {
  if (!('clientId' in event.data) || event.data.clientId !== id) throw new Unappliable('the event is of another client')
  const view = bytes && ClientView.decode(bytes)
  return encodeMessage(ClientView, { ...next(event, view), version })
}

function next(event: CredentialEvent, view: ClientView | undefined): ClientView {
  switch (event.type) {
    case 'gatehouse.credential.v1.ClientRegistered': {
      isNew(view)
      const { clientId, environmentId, displayName, registration } = event.data
      const state = ClientState.CLIENT_STATE_ACTIVE
      // A secret's revocation has an entry of its own, which is read together with this one.
      return { clientId, environmentId, state, displayName, registration, revokedBefore: undefined, version: 0n }
    }
    case 'gatehouse.credential.v1.ClientSuspended':
      return moved(view, ClientState.CLIENT_STATE_SUSPENDED)
    case 'gatehouse.credential.v1.ClientResumed':
      return moved(view, ClientState.CLIENT_STATE_ACTIVE)
    case 'gatehouse.credential.v1.ClientRegistrationChanged': {
      const { displayName, registration } = event.data
      return { ...existing(view), displayName, registration }
    }
    case 'gatehouse.credential.v1.ClientDeleted':
      return moved(view, ClientState.CLIENT_STATE_DELETED)
    default:
      throw new Unappliable(`${event.type} is no event of a client`)
  }
}

// Deleted is final: whatever comes after it lets nobody in again.
function moved(view: ClientView | undefined, state: ClientState): ClientView {
  const before = existing(view)
  return before.state === ClientState.CLIENT_STATE_DELETED ? before : { ...before, state }
}
