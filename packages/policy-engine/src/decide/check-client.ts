import { ClientState } from '@gatehouse/contracts/credential/v1/client'
import { proceed, type Step } from './step.ts'

/** The client that the key names, in the same environment. */
export const checkClient: Step = ({ apiKey, client }) => {
  if (!client) return 'client_unknown'
  if (client.clientId !== apiKey.clientId || client.environmentId !== apiKey.environmentId) return 'credential_mismatch'
  switch (client.state) {
    case ClientState.CLIENT_STATE_ACTIVE:
      return proceed
    case ClientState.CLIENT_STATE_SUSPENDED:
      return 'client_suspended'
    default:
      return 'client_state_unknown'
  }
}
