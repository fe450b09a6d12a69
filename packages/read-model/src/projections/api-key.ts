import { ApiKeyState } from '@gatehouse/contracts/credential/v1/api_key'
import { encodeMessage } from '@gatehouse/contracts/encode'
import type { CredentialEvent } from '@gatehouse/contracts/events'
import { ApiKeyView } from '@gatehouse/contracts/read_model/v1/views'
import { existing, isNew, Unappliable } from './projection.ts'

export function foldApiKey(event: CredentialEvent, id: string, bytes: Uint8Array | undefined, version: bigint) {
  if (!('apiKeyId' in event.data) || event.data.apiKeyId !== id) throw new Unappliable('the event is of another key')
  const view = bytes && ApiKeyView.decode(bytes)
  return encodeMessage(ApiKeyView, { ...next(event, view), version })
}

function next(event: CredentialEvent, view: ApiKeyView | undefined): ApiKeyView {
  switch (event.type) {
    case 'gatehouse.credential.v1.ApiKeyIssued': {
      isNew(view)
      const { apiKeyId, environmentId, clientId, subscriptionId, digest, restrictions, expireTime } = event.data
      if (digest.length !== 32) throw new Unappliable(`digest: ${digest.length} bytes are no SHA-256`)
      const state = ApiKeyState.API_KEY_STATE_ACTIVE
      const owner = { apiKeyId, environmentId, clientId, subscriptionId }
      return { ...owner, digest, state, restrictions, expireTime, overlapEndTime: undefined, version: 0n }
    }
    case 'gatehouse.credential.v1.ApiKeyRotated': {
      const before = existing(view)
      const overlapEndTime = earlier(before.overlapEndTime, event.data.overlapEndTime)
      if (!overlapEndTime) throw new Unappliable('overlap_end_time: a rotation without an end')
      return { ...before, overlapEndTime, expireTime: earlier(before.expireTime, overlapEndTime) }
    }
    case 'gatehouse.credential.v1.ApiKeySuspended':
      return moved(view, ApiKeyState.API_KEY_STATE_SUSPENDED)
    case 'gatehouse.credential.v1.ApiKeyResumed':
      return moved(view, ApiKeyState.API_KEY_STATE_ACTIVE)
    case 'gatehouse.credential.v1.ApiKeyRevoked':
      return moved(view, ApiKeyState.API_KEY_STATE_REVOKED)
    case 'gatehouse.credential.v1.ApiKeyExpirationChanged': {
      const before = existing(view)
      return { ...before, expireTime: earlier(event.data.expireTime, before.overlapEndTime) }
    }
    case 'gatehouse.credential.v1.ApiKeyRestrictionsChanged':
      return { ...existing(view), restrictions: event.data.restrictions }
    default:
      throw new Unappliable(`${event.type} is no event of an API key`)
  }
}

// Revoked is final: whatever comes after it lets nobody in again.
function moved(view: ApiKeyView | undefined, state: ApiKeyState): ApiKeyView {
  const before = existing(view)
  return before.state === ApiKeyState.API_KEY_STATE_REVOKED ? before : { ...before, state }
}

function earlier(a: Date | undefined, b: Date | undefined): Date | undefined {
  if (!a || !b) return a ?? b
  return a < b ? a : b
}
