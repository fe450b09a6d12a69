import { type ClientSecret, ClientSecretState } from '@gatehouse/contracts/credential/v1/client_secret'
import type { CredentialEvent } from '@gatehouse/contracts/events'
import { notFound } from '@gatehouse/errors'

/** A client secret as its events make it; undefined when it does not exist. Its version is that of its stream. */
export type ClientSecretFacts = (Omit<ClientSecret, 'version'> & { readonly digest: Uint8Array }) | undefined

export const initialState: ClientSecretFacts = undefined

export function evolve(secret: ClientSecretFacts, { type, data }: CredentialEvent): ClientSecretFacts {
  if (type === 'gatehouse.credential.v1.ClientSecretIssued') {
    const { clientSecretId, environmentId, clientId, displayName, digest, issueTime: createTime, expireTime } = data
    const life = { state: ClientSecretState.CLIENT_SECRET_STATE_ACTIVE, createTime, expireTime, revokeTime: undefined }
    return { clientSecretId, environmentId, clientId, displayName, digest, ...life }
  }
  if (!secret) return secret
  switch (type) {
    case 'gatehouse.credential.v1.ClientSecretRevoked':
      return { ...secret, state: ClientSecretState.CLIENT_SECRET_STATE_REVOKED, revokeTime: data.revokeTime }
    case 'gatehouse.credential.v1.ClientSecretExpirationChanged':
      return { ...secret, expireTime: data.expireTime }
    default:
      return secret
  }
}

/** @throws NOT_FOUND */
export function existing(secret: ClientSecretFacts, clientSecretId: string): NonNullable<ClientSecretFacts> {
  if (!secret) throw notFound('client_secret', clientSecretId)
  return secret
}
