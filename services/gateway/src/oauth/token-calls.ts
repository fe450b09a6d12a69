import type {
  InteractRequest,
  InteractResponse,
  PushAuthorizationRequest,
  PushAuthorizationResponse,
  StartDeviceAuthorizationRequest,
  StartDeviceAuthorizationResponse,
} from '@gatehouse/contracts/token/v1/authorization_service'
import type {
  GetUserInfoRequest,
  GetUserInfoResponse,
  IntrospectRequest,
  IntrospectResponse,
  IssueTokenRequest,
  IssueTokenResponse,
  ResolveReferenceTokenRequest,
  ResolveReferenceTokenResponse,
  RevokeTokenRequest,
  RevokeTokenResponse,
} from '@gatehouse/contracts/token/v1/token_service'

type Call<Request, Response> = (request: Request) => Promise<Response>

/**
 * The authorization server without HTTP, over gRPC or in this process. What OAuth refuses is an answer; a call that
 * rejects, with a GatehouseError, was not answered.
 */
export interface TokenCalls {
  readonly issueToken: Call<IssueTokenRequest, IssueTokenResponse>
  readonly introspect: Call<IntrospectRequest, IntrospectResponse>
  readonly revokeToken: Call<RevokeTokenRequest, RevokeTokenResponse>
  readonly resolveReferenceToken: Call<ResolveReferenceTokenRequest, ResolveReferenceTokenResponse>
  readonly getUserInfo: Call<GetUserInfoRequest, GetUserInfoResponse>
  readonly pushAuthorization: Call<PushAuthorizationRequest, PushAuthorizationResponse>
  readonly startDeviceAuthorization: Call<StartDeviceAuthorizationRequest, StartDeviceAuthorizationResponse>
  readonly interact: Call<InteractRequest, InteractResponse>
}
