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
import { interact } from './authorize/interact.ts'
import { pushAuthorization } from './authorize/push-authorization.ts'
import { startDeviceAuthorization } from './device/start-device-authorization.ts'
import { introspect } from './introspect/introspect.ts'
import { issueToken } from './issue/token-endpoint.ts'
import { getUserInfo } from './issue/user-info.ts'
import { readReferenceToken } from './read/reference-tokens.ts'
import { revokeToken } from './revoke/revoke-token.ts'
import type { TokenParts } from './token-parts.ts'

/** What the gateway asks of the authorization server, over gRPC or, in one process, as it stands here. */
export interface Calls {
  issueToken(request: IssueTokenRequest): Promise<IssueTokenResponse>
  introspect(request: IntrospectRequest): Promise<IntrospectResponse>
  revokeToken(request: RevokeTokenRequest): Promise<RevokeTokenResponse>
  resolveReferenceToken(request: ResolveReferenceTokenRequest): Promise<ResolveReferenceTokenResponse>
  getUserInfo(request: GetUserInfoRequest): Promise<GetUserInfoResponse>
  pushAuthorization(request: PushAuthorizationRequest): Promise<PushAuthorizationResponse>
  interact(request: InteractRequest): Promise<InteractResponse>
  startDeviceAuthorization(request: StartDeviceAuthorizationRequest): Promise<StartDeviceAuthorizationResponse>
}

export function createCalls(parts: TokenParts): Calls {
  return {
    issueToken: (request) => issueToken(parts, request),
    introspect: (request) => introspect(parts, request),
    revokeToken: (request) => revokeToken(parts, request),
    async resolveReferenceToken({ environmentId, tokenId }) {
      return { referenceToken: await readReferenceToken(parts.store.pool, environmentId, tokenId) }
    },
    getUserInfo: (request) => getUserInfo(parts, request),
    pushAuthorization: (request) => pushAuthorization(parts, request),
    interact: (request) => interact(parts, request),
    startDeviceAuthorization: (request) => startDeviceAuthorization(parts, request),
  }
}
