import { AuthorizationServiceService } from '@gatehouse/contracts/token/v1/authorization_service'
import { type BoundService, grpcService } from '@gatehouse/grpc-service'
import type { Calls } from '../calls.ts'

/** gatehouse.token.v1.AuthorizationService: what users see, through the gateway, which records it. */
export function authorizationService(calls: Calls): BoundService {
  const { pushAuthorization, interact, startDeviceAuthorization } = calls
  const gateway = ['gateway']
  return grpcService({
    definition: AuthorizationServiceService,
    handlers: { pushAuthorization, interact, startDeviceAuthorization },
    roles: { pushAuthorization: gateway, interact: gateway, startDeviceAuthorization: gateway },
  })
}
