import { ClientSecretState } from '@gatehouse/contracts/credential/v1/client_secret'
import type { CredentialEvent } from '@gatehouse/contracts/events'
import { alreadyExists, failedPrecondition, invalidArgument } from '@gatehouse/errors'
import type { Decider } from '@gatehouse/event-store'
import { type ClientSecretFacts, evolve, existing, initialState } from './client-secret.ts'

export interface IssueClientSecret {
  readonly type: 'issue'
  readonly environmentId: string
  readonly clientId: string
  readonly displayName: string
  /** SHA-256 of the whole secret, 32 bytes. */
  readonly digest: Uint8Array
  readonly expireTime: Date | undefined
}

export type ClientSecretCommand = { readonly clientSecretId: string; readonly time: Date } & (
  | IssueClientSecret
  | { readonly type: 'revoke'; readonly reason: string }
  | { readonly type: 'expire'; readonly expireTime: Date | undefined }
)

export const clientSecret: Decider<ClientSecretFacts, CredentialEvent, ClientSecretCommand> = {
  initialState,
  evolve,
  decide,
}

function decide(command: ClientSecretCommand, state: ClientSecretFacts): readonly CredentialEvent[] {
  const { clientSecretId, time } = command
  switch (command.type) {
    case 'issue': {
      if (state) throw alreadyExists('client_secret', clientSecretId)
      const { environmentId, clientId, displayName, digest, expireTime } = command
      if (expireTime && expireTime <= time) {
        throw invalidArgument([{ field: 'expire_time', description: 'must be in the future' }])
      }
      const data = { clientSecretId, environmentId, clientId, displayName, digest, issueTime: time, expireTime }
      return [{ type: 'gatehouse.credential.v1.ClientSecretIssued', data }]
    }
    case 'revoke': {
      const { state: current, clientId } = existing(state, clientSecretId)
      if (current === ClientSecretState.CLIENT_SECRET_STATE_REVOKED) return []
      const data = { clientSecretId, clientId, reason: command.reason, revokeTime: time }
      return [{ type: 'gatehouse.credential.v1.ClientSecretRevoked', data }]
    }
    case 'expire': {
      const found = existing(state, clientSecretId)
      if (found.state === ClientSecretState.CLIENT_SECRET_STATE_REVOKED) {
        throw failedPrecondition('CLIENT_SECRET_REVOKED', `client_secret ${clientSecretId} is revoked, which is final`)
      }
      const { expireTime } = command
      if (found.expireTime?.getTime() === expireTime?.getTime()) return []
      const data = { clientSecretId, expireTime, changeTime: time }
      return [{ type: 'gatehouse.credential.v1.ClientSecretExpirationChanged', data }]
    }
    default:
      return command satisfies never
  }
}
