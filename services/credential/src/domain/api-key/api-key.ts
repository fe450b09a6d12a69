import { type ApiKey, ApiKeyState } from '@gatehouse/contracts/credential/v1/api_key'
import type { CredentialEvent } from '@gatehouse/contracts/events'
import { notFound } from '@gatehouse/errors'

/** An API key as its events make it; undefined when it does not exist. Version and last use are kept elsewhere. */
export type ApiKeyFacts = Omit<ApiKey, 'version' | 'lastUseTime'> | undefined

export const initialState: ApiKeyFacts = undefined

export function evolve(apiKey: ApiKeyFacts, { type, data }: CredentialEvent): ApiKeyFacts {
  if (type === 'gatehouse.credential.v1.ApiKeyIssued') {
    const { apiKeyId, environmentId, clientId, subscriptionId, displayName, restrictions, expireTime, imported } = data
    const owner = { environmentId, clientId, subscriptionId }
    const life = { state: ApiKeyState.API_KEY_STATE_ACTIVE, createTime: data.issueTime, expireTime }
    return { apiKeyId, ...owner, displayName, restrictions, ...life, revokeTime: undefined, successorId: '', imported }
  }
  if (!apiKey) return apiKey
  switch (type) {
    case 'gatehouse.credential.v1.ApiKeyRotated':
      return { ...apiKey, successorId: data.successorId, expireTime: data.overlapEndTime }
    case 'gatehouse.credential.v1.ApiKeySuspended':
      return { ...apiKey, state: ApiKeyState.API_KEY_STATE_SUSPENDED }
    case 'gatehouse.credential.v1.ApiKeyResumed':
      return { ...apiKey, state: ApiKeyState.API_KEY_STATE_ACTIVE }
    case 'gatehouse.credential.v1.ApiKeyRevoked':
      return { ...apiKey, state: ApiKeyState.API_KEY_STATE_REVOKED, revokeTime: data.revokeTime }
    case 'gatehouse.credential.v1.ApiKeyExpirationChanged':
      return { ...apiKey, expireTime: data.expireTime }
    case 'gatehouse.credential.v1.ApiKeyRestrictionsChanged':
      return { ...apiKey, restrictions: data.restrictions }
    default:
      return apiKey
  }
}

/** @throws NOT_FOUND */
export function existing(apiKey: ApiKeyFacts, apiKeyId: string): NonNullable<ApiKeyFacts> {
  if (!apiKey) throw notFound('api_key', apiKeyId)
  return apiKey
}
