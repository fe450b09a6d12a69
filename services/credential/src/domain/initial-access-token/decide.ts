import { InitialAccessTokenState } from '@gatehouse/contracts/credential/v1/initial_access_token'
import type { CredentialEvent } from '@gatehouse/contracts/events'
import { alreadyExists, failedPrecondition, invalidArgument } from '@gatehouse/errors'
import type { Decider } from '@gatehouse/event-store'
import { evolve, existing, type InitialAccessTokenFacts, initialState, isUsable } from './initial-access-token.ts'

export type InitialAccessTokenCommand = { readonly initialAccessTokenId: string; readonly time: Date } & (
  | {
      readonly type: 'issue'
      readonly environmentId: string
      readonly displayName: string
      /** SHA-256 of the whole token, 32 bytes. */
      readonly digest: Uint8Array
      readonly expireTime: Date | undefined
      /** So many clients may be registered with it. */
      readonly clientsMax: number
    }
  | { readonly type: 'use'; readonly clientId: string }
  | { readonly type: 'revoke'; readonly reason: string }
)

export const initialAccessToken: Decider<InitialAccessTokenFacts, CredentialEvent, InitialAccessTokenCommand> = {
  initialState,
  evolve,
  decide,
}

function decide(command: InitialAccessTokenCommand, state: InitialAccessTokenFacts): readonly CredentialEvent[] {
  const { initialAccessTokenId, time } = command
  switch (command.type) {
    case 'issue': {
      if (state) throw alreadyExists('initial_access_token', initialAccessTokenId)
      const { environmentId, displayName, digest, expireTime, clientsMax } = command
      if (expireTime && expireTime <= time) {
        throw invalidArgument([{ field: 'expire_time', description: 'must be in the future' }])
      }
      const data = { initialAccessTokenId, environmentId, displayName, digest, issueTime: time, expireTime, clientsMax }
      return [{ type: 'gatehouse.credential.v1.InitialAccessTokenIssued', data }]
    }
    case 'use': {
      if (!isUsable(existing(state, initialAccessTokenId), time)) {
        throw failedPrecondition('INITIAL_ACCESS_TOKEN_ENDED', 'it has ended, or was used as often as it may be')
      }
      const data = { initialAccessTokenId, clientId: command.clientId, useTime: time }
      return [{ type: 'gatehouse.credential.v1.InitialAccessTokenUsed', data }]
    }
    case 'revoke': {
      const found = existing(state, initialAccessTokenId)
      if (found.state === InitialAccessTokenState.INITIAL_ACCESS_TOKEN_STATE_REVOKED) return []
      const data = { initialAccessTokenId, reason: command.reason, revokeTime: time }
      return [{ type: 'gatehouse.credential.v1.InitialAccessTokenRevoked', data }]
    }
    default:
      return command satisfies never
  }
}
