import {
  ClientRegistrationServiceClient,
  type DeleteDynamicClientRequest,
  type DeleteDynamicClientResponse,
  type GetDynamicClientRequest,
  type GetDynamicClientResponse,
  type RegisterDynamicClientRequest,
  type RegisterDynamicClientResponse,
  type ReplaceDynamicClientRequest,
  type ReplaceDynamicClientResponse,
} from '@gatehouse/contracts/credential/v1/client_registration_service'
import { type ClientSettings, createClient } from '@gatehouse/grpc-service'

/** Dynamic registration of clients without HTTP: the credential service's. Refusals are answers, as in TokenCalls. */
export interface RegistrationCalls {
  registerDynamicClient(request: RegisterDynamicClientRequest): Promise<RegisterDynamicClientResponse>
  getDynamicClient(request: GetDynamicClientRequest): Promise<GetDynamicClientResponse>
  replaceDynamicClient(request: ReplaceDynamicClientRequest): Promise<ReplaceDynamicClientResponse>
  deleteDynamicClient(request: DeleteDynamicClientRequest): Promise<DeleteDynamicClientResponse>
}

export function connectRegistration(settings: ClientSettings): RegistrationCalls & { close(): void } {
  return createClient(ClientRegistrationServiceClient, settings)
}
