import { isDeepStrictEqual } from 'node:util'
import { type ApiKeyRestrictions, ApiKeyState } from '@gatehouse/contracts/credential/v1/api_key'
import type { CredentialEvent } from '@gatehouse/contracts/events'
import { alreadyExists, failedPrecondition, invalidArgument } from '@gatehouse/errors'
import type { Decider } from '@gatehouse/event-store'
import { type ApiKeyFacts, evolve, existing, initialState } from './api-key.ts'
import { requireRotatable } from './rotatable.ts'

const { API_KEY_STATE_ACTIVE: ACTIVE, API_KEY_STATE_SUSPENDED: SUSPENDED } = ApiKeyState
const { API_KEY_STATE_REVOKED: REVOKED } = ApiKeyState

export interface IssueApiKey {
  readonly type: 'issue'
  readonly environmentId: string
  readonly clientId: string
  readonly subscriptionId: string
  readonly displayName: string
  /** SHA-256 of the whole key, 32 bytes. */
  readonly digest: Uint8Array
  readonly restrictions: ApiKeyRestrictions | undefined
  readonly expireTime: Date | undefined
  /** Empty unless the key takes over from another one. */
  readonly predecessorId: string
  readonly imported: boolean
}

export type ApiKeyCommand = { readonly apiKeyId: string; readonly time: Date } & (
  | IssueApiKey
  | { readonly type: 'rotate'; readonly successorId: string; readonly overlapMs: number }
  | { readonly type: 'suspend'; readonly reason: string }
  | { readonly type: 'resume' }
  | { readonly type: 'revoke'; readonly reason: string }
  | { readonly type: 'expire'; readonly expireTime: Date | undefined }
  | { readonly type: 'restrict'; readonly restrictions: ApiKeyRestrictions | undefined }
)

export const apiKey: Decider<ApiKeyFacts, CredentialEvent, ApiKeyCommand> = { initialState, evolve, decide }

function decide(command: ApiKeyCommand, state: ApiKeyFacts): readonly CredentialEvent[] {
  const { apiKeyId, time } = command
  if (command.type === 'issue') return issue(command, apiKeyId, state, time)
  const found = existing(state, apiKeyId)
  switch (command.type) {
    case 'rotate': {
      requireRotatable(found, time)
      const overlapEnd = new Date(time.getTime() + command.overlapMs)
      // The overlap never lengthens a life.
      const overlapEndTime = found.expireTime && found.expireTime < overlapEnd ? found.expireTime : overlapEnd
      const data = { apiKeyId, successorId: command.successorId, rotateTime: time, overlapEndTime }
      return [{ type: 'gatehouse.credential.v1.ApiKeyRotated', data }]
    }
    case 'suspend': {
      if (requireUnrevoked(found).state === SUSPENDED) return []
      const data = { apiKeyId, reason: command.reason, suspendTime: time }
      return [{ type: 'gatehouse.credential.v1.ApiKeySuspended', data }]
    }
    case 'resume': {
      if (requireUnrevoked(found).state === ACTIVE) return []
      return [{ type: 'gatehouse.credential.v1.ApiKeyResumed', data: { apiKeyId, resumeTime: time } }]
    }
    case 'revoke': {
      if (found.state === REVOKED) return []
      const data = { apiKeyId, reason: command.reason, revokeTime: time }
      return [{ type: 'gatehouse.credential.v1.ApiKeyRevoked', data }]
    }
    case 'expire':
      return expire(requireUnrevoked(found), command.expireTime, time)
    case 'restrict': {
      if (sameRestrictions(requireUnrevoked(found).restrictions, command.restrictions)) return []
      const data = { apiKeyId, restrictions: command.restrictions, changeTime: time }
      return [{ type: 'gatehouse.credential.v1.ApiKeyRestrictionsChanged', data }]
    }
    default:
      return command satisfies never
  }
}

function issue(
  { type: _type, ...key }: IssueApiKey,
  apiKeyId: string,
  state: ApiKeyFacts,
  issueTime: Date,
): readonly CredentialEvent[] {
  if (state) throw alreadyExists('api_key', apiKeyId)
  if (key.expireTime && key.expireTime <= issueTime) {
    throw invalidArgument([{ field: 'expire_time', description: 'must be in the future' }])
  }
  const { environmentId, clientId, subscriptionId, displayName, digest, restrictions, expireTime } = key
  const owner = { environmentId, clientId, subscriptionId }
  const origin = { predecessorId: key.predecessorId, imported: key.imported }
  const data = { apiKeyId, ...owner, displayName, digest, restrictions, issueTime, expireTime, ...origin }
  return [{ type: 'gatehouse.credential.v1.ApiKeyIssued', data }]
}

function expire(
  found: NonNullable<ApiKeyFacts>,
  expireTime: Date | undefined,
  changeTime: Date,
): readonly CredentialEvent[] {
  const { apiKeyId, successorId, expireTime: current } = found
  if (current?.getTime() === expireTime?.getTime()) return []
  if (successorId && current && !(expireTime && expireTime < current)) {
    const message = `api_key ${apiKeyId} was rotated: its overlap can be shortened only`
    throw failedPrecondition('API_KEY_ROTATED', message)
  }
  return [{ type: 'gatehouse.credential.v1.ApiKeyExpirationChanged', data: { apiKeyId, expireTime, changeTime } }]
}

function requireUnrevoked(found: NonNullable<ApiKeyFacts>): NonNullable<ApiKeyFacts> {
  if (found.state !== REVOKED) return found
  throw failedPrecondition('API_KEY_REVOKED', `api_key ${found.apiKeyId} is revoked, which is final`)
}

function sameRestrictions(a: ApiKeyRestrictions | undefined, b: ApiKeyRestrictions | undefined): boolean {
  const lists = (restrictions: ApiKeyRestrictions | undefined) => {
    return [restrictions?.cidrs ?? [], restrictions?.operations ?? [], restrictions?.scopes ?? []]
  }
  return isDeepStrictEqual(lists(a), lists(b))
}
