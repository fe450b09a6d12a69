import { ClientState } from '@gatehouse/contracts/credential/v1/client'
import { ClientRegistration } from '@gatehouse/contracts/credential/v1/client_registration'
import type { CredentialEvent } from '@gatehouse/contracts/events'
import { alreadyExists } from '@gatehouse/errors'
import type { Decider } from '@gatehouse/event-store'
import { type ClientFacts, evolve, existing, initialState, undeleted } from './client.ts'

export type ClientCommand = { readonly clientId: string; readonly time: Date } & (
  | {
      readonly type: 'register'
      readonly environmentId: string
      readonly displayName: string
      /** Valid; undefined: the client is no OAuth client. */
      readonly registration: ClientRegistration | undefined
    }
  | {
      readonly type: 'change_registration'
      /** Valid. Its digest of a registration access token is that of the client, whatever is given. */
      readonly registration: ClientRegistration | undefined
      /** Empty keeps the name. */
      readonly displayName: string
    }
  | { readonly type: 'suspend'; readonly reason: string }
  | { readonly type: 'resume' }
  | { readonly type: 'delete' }
)

export const client: Decider<ClientFacts, CredentialEvent, ClientCommand> = { initialState, evolve, decide }

function decide(command: ClientCommand, state: ClientFacts): readonly CredentialEvent[] {
  const { clientId, time } = command
  switch (command.type) {
    case 'register': {
      if (state) throw alreadyExists('client', clientId)
      const { environmentId, displayName, registration } = command
      const data = { clientId, environmentId, displayName, registration, registerTime: time }
      return [{ type: 'gatehouse.credential.v1.ClientRegistered', data }]
    }
    case 'change_registration':
      return change(command, undeleted(state, clientId), time)
    case 'suspend': {
      if (undeleted(state, clientId).state === ClientState.CLIENT_STATE_SUSPENDED) return []
      const data = { clientId, reason: command.reason, suspendTime: time }
      return [{ type: 'gatehouse.credential.v1.ClientSuspended', data }]
    }
    case 'resume': {
      if (undeleted(state, clientId).state === ClientState.CLIENT_STATE_ACTIVE) return []
      return [{ type: 'gatehouse.credential.v1.ClientResumed', data: { clientId, resumeTime: time } }]
    }
    case 'delete': {
      if (existing(state, clientId).state === ClientState.CLIENT_STATE_DELETED) return []
      return [{ type: 'gatehouse.credential.v1.ClientDeleted', data: { clientId, deleteTime: time } }]
    }
    default:
      return command satisfies never
  }
}

function change(
  wanted: Extract<ClientCommand, { type: 'change_registration' }>,
  found: NonNullable<ClientFacts>,
  changeTime: Date,
): readonly CredentialEvent[] {
  const displayName = wanted.displayName || found.displayName
  const registrationTokenDigest = found.registration?.registrationTokenDigest ?? new Uint8Array()
  const registration = wanted.registration && { ...wanted.registration, registrationTokenDigest }
  if (displayName === found.displayName && same(registration, found.registration)) return []
  const data = { clientId: found.clientId, registration, displayName, changeTime }
  return [{ type: 'gatehouse.credential.v1.ClientRegistrationChanged', data }]
}

/** Written by the same code, so their bytes are comparable. */
function same(a: ClientRegistration | undefined, b: ClientRegistration | undefined): boolean {
  if (!a || !b) return a === b
  return Buffer.compare(ClientRegistration.encode(a).finish(), ClientRegistration.encode(b).finish()) === 0
}
