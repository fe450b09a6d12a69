import { ApiKeyState } from '@gatehouse/contracts/credential/v1/api_key'
import { failedPrecondition } from '@gatehouse/errors'
import type { ApiKeyFacts } from './api-key.ts'

/**
 * Whether a key may hand over to a successor: only one that works. A suspended, revoked or expired one would come back
 * to life under another id, and one that was rotated would have two heirs.
 * @throws FAILED_PRECONDITION `API_KEY_REVOKED`, `API_KEY_SUSPENDED`, `API_KEY_ROTATED` or `API_KEY_EXPIRED`
 */
export function requireRotatable(found: NonNullable<ApiKeyFacts>, time: Date): void {
  const { apiKeyId, state, successorId, expireTime } = found
  if (state === ApiKeyState.API_KEY_STATE_REVOKED) {
    throw failedPrecondition('API_KEY_REVOKED', `api_key ${apiKeyId} is revoked, which is final`)
  }
  if (state !== ApiKeyState.API_KEY_STATE_ACTIVE) {
    throw failedPrecondition('API_KEY_SUSPENDED', `api_key ${apiKeyId} is suspended: resume it first`)
  }
  if (successorId) throw failedPrecondition('API_KEY_ROTATED', `api_key ${apiKeyId} was rotated to ${successorId}`)
  if (expireTime && expireTime <= time) {
    throw failedPrecondition('API_KEY_EXPIRED', `api_key ${apiKeyId} has expired: issue a new one`)
  }
}
