import type { AuthorizationServiceService } from '@gatehouse/contracts/token/v1/authorization_service'
import type { TokenServiceService } from '@gatehouse/contracts/token/v1/token_service'
import type { UnaryCalls } from '@gatehouse/grpc-service'

/**
 * The authorization server without HTTP, over gRPC or in this process. What OAuth refuses is an answer; a call that
 * rejects, with a GatehouseError, was not answered.
 */
export type TokenCalls = UnaryCalls<typeof TokenServiceService> & UnaryCalls<typeof AuthorizationServiceService>
