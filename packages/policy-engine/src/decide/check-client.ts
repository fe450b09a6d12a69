import { ClientState } from '@gatehouse/contracts/credential/v1/client'
import { type HolderFacts, proceed, type Step } from './step.ts'

/** The client that the credential was given to, in the same environment. */
export const checkClient: Step<HolderFacts> = ({ holder, client }) => {
  if (!client) return 'client_unknown'
  if (client.clientId !== holder.clientId || client.environmentId !== holder.environmentId) return 'credential_mismatch'
  switch (client.state) {
    case ClientState.CLIENT_STATE_ACTIVE:
      return proceed
    case ClientState.CLIENT_STATE_SUSPENDED:
      return 'client_suspended'
    case ClientState.CLIENT_STATE_DELETED:
      return 'client_deleted'
    default:
      return 'client_state_unknown'
  }
}
