import { ApiKeyState } from '@gatehouse/contracts/credential/v1/api_key'
import { type ApiKeyFacts, proceed, type Step } from './step.ts'

export const checkApiKeyState: Step<ApiKeyFacts> = ({ apiKey }) => {
  switch (apiKey.state) {
    case ApiKeyState.API_KEY_STATE_ACTIVE:
      return proceed
    case ApiKeyState.API_KEY_STATE_SUSPENDED:
      return 'api_key_suspended'
    case ApiKeyState.API_KEY_STATE_REVOKED:
      return 'api_key_revoked'
    default:
      return 'api_key_state_unknown'
  }
}

/** From the very millisecond of its expiry on the key is refused. A time that is none has passed. */
export const checkApiKeyExpiry: Step<ApiKeyFacts> = ({ apiKey, nowMs }) => {
  if (!apiKey.expireTime) return proceed
  return nowMs < apiKey.expireTime.getTime() ? proceed : 'api_key_expired'
}
