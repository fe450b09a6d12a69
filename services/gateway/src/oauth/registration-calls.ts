import {
  ClientRegistrationServiceClient,
  type ClientRegistrationServiceService,
} from '@gatehouse/contracts/credential/v1/client_registration_service'
import { type ClientSettings, createClient, type UnaryCalls } from '@gatehouse/grpc-service'

/** Dynamic registration of clients without HTTP: the credential service's. Refusals are answers, as in TokenCalls. */
export type RegistrationCalls = UnaryCalls<typeof ClientRegistrationServiceService>

export function connectRegistration(settings: ClientSettings): RegistrationCalls & { close(): void } {
  return createClient(ClientRegistrationServiceClient, settings)
}
