import {
  type InitialAccessToken,
  InitialAccessTokenState,
} from '@gatehouse/contracts/credential/v1/initial_access_token'
import type { CredentialEvent } from '@gatehouse/contracts/events'
import { notFound } from '@gatehouse/errors'

/** An initial access token as its events make it; undefined when it does not exist. */
export type InitialAccessTokenFacts =
  | (Omit<InitialAccessToken, 'version'> & { readonly digest: Uint8Array })
  | undefined

export const initialState: InitialAccessTokenFacts = undefined

export function evolve(token: InitialAccessTokenFacts, { type, data }: CredentialEvent): InitialAccessTokenFacts {
  if (type === 'gatehouse.credential.v1.InitialAccessTokenIssued') {
    const { initialAccessTokenId, environmentId, displayName, digest, clientsMax } = data
    const { issueTime: createTime, expireTime } = data
    const state = InitialAccessTokenState.INITIAL_ACCESS_TOKEN_STATE_ACTIVE
    const life = { state, createTime, expireTime, revokeTime: undefined }
    return { initialAccessTokenId, environmentId, displayName, digest, ...life, clientsMax, clientCount: 0 }
  }
  if (!token) return token
  if (type === 'gatehouse.credential.v1.InitialAccessTokenUsed') {
    return { ...token, clientCount: token.clientCount + 1 }
  }
  if (type === 'gatehouse.credential.v1.InitialAccessTokenRevoked') {
    const state = InitialAccessTokenState.INITIAL_ACCESS_TOKEN_STATE_REVOKED
    return { ...token, state, revokeTime: data.revokeTime }
  }
  return token
}

/** @throws NOT_FOUND */
export function existing(token: InitialAccessTokenFacts, id: string): NonNullable<InitialAccessTokenFacts> {
  if (!token) throw notFound('initial_access_token', id)
  return token
}

/** Whether a client may be registered with it at a time. */
export function isUsable(token: NonNullable<InitialAccessTokenFacts>, time: Date): boolean {
  const active = token.state === InitialAccessTokenState.INITIAL_ACCESS_TOKEN_STATE_ACTIVE
  const left = token.clientsMax === 0 || token.clientCount < token.clientsMax
  return active && left && (!token.expireTime || time < token.expireTime)
}
