import { ClientState } from '@gatehouse/contracts/credential/v1/client'
import type { CredentialEvent } from '@gatehouse/contracts/events'
import { ClientView } from '@gatehouse/contracts/read_model/v1/views'
import { existing, isNew, Unappliable } from './projection.ts'

export function foldClient(event: CredentialEvent, id: string, bytes: Uint8Array | undefined, version: bigint) {
  if (!('clientId' in event.data) || event.data.clientId !== id) throw new Unappliable('the event is of another client')
  const view = bytes && ClientView.decode(bytes)
  return ClientView.encode({ ...next(event, view), version }).finish()
}

function next(event: CredentialEvent, view: ClientView | undefined): ClientView {
  switch (event.type) {
    case 'gatehouse.credential.v1.ClientRegistered': {
      isNew(view)
      const { clientId, environmentId } = event.data
      return { clientId, environmentId, state: ClientState.CLIENT_STATE_ACTIVE, version: 0n }
    }
    case 'gatehouse.credential.v1.ClientSuspended':
      return { ...existing(view), state: ClientState.CLIENT_STATE_SUSPENDED }
    case 'gatehouse.credential.v1.ClientResumed':
      return { ...existing(view), state: ClientState.CLIENT_STATE_ACTIVE }
    default:
      throw new Unappliable(`${event.type} is no event of a client`)
  }
}
