import { ClientState } from '@gatehouse/contracts/credential/v1/client'
import type { CredentialEvent } from '@gatehouse/contracts/events'
import { alreadyExists } from '@gatehouse/errors'
import type { Decider } from '@gatehouse/event-store'
import { type ClientFacts, evolve, existing, initialState } from './client.ts'

export type ClientCommand = { readonly clientId: string; readonly time: Date } & (
  | { readonly type: 'register'; readonly environmentId: string; readonly displayName: string }
  | { readonly type: 'suspend'; readonly reason: string }
  | { readonly type: 'resume' }
)

export const client: Decider<ClientFacts, CredentialEvent, ClientCommand> = { initialState, evolve, decide }

function decide(command: ClientCommand, state: ClientFacts): readonly CredentialEvent[] {
  const { clientId, time } = command
  switch (command.type) {
    case 'register': {
      if (state) throw alreadyExists('client', clientId)
      const { environmentId, displayName } = command
      const data = { clientId, environmentId, displayName, registerTime: time }
      return [{ type: 'gatehouse.credential.v1.ClientRegistered', data }]
    }
    case 'suspend': {
      if (existing(state, clientId).state === ClientState.CLIENT_STATE_SUSPENDED) return []
      const data = { clientId, reason: command.reason, suspendTime: time }
      return [{ type: 'gatehouse.credential.v1.ClientSuspended', data }]
    }
    case 'resume': {
      if (existing(state, clientId).state === ClientState.CLIENT_STATE_ACTIVE) return []
      return [{ type: 'gatehouse.credential.v1.ClientResumed', data: { clientId, resumeTime: time } }]
    }
    default:
      return command satisfies never
  }
}
