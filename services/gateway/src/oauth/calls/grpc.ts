import { AuthorizationServiceClient } from '@gatehouse/contracts/token/v1/authorization_service'
import { TokenServiceClient } from '@gatehouse/contracts/token/v1/token_service'
import { type ClientSettings, createClient, createGeneratedClient } from '@gatehouse/grpc-service'
import type { TokenCalls } from '../token-calls.ts'
import { IssueTokenStream } from './issue-token-stream.ts'

/** The token service as another process. */
export function connectTokenService(settings: ClientSettings): TokenCalls & { close(): void } {
  const token = createClient(TokenServiceClient, settings)
  const authorization = createClient(AuthorizationServiceClient, settings)
  const streaming = createGeneratedClient(TokenServiceClient, settings)
  const stream = new IssueTokenStream({ open: () => streaming.streamIssueToken() })
  return {
    issueToken: (request) => stream.issue(request),
    introspect: (request) => token.introspect(request),
    revokeToken: (request) => token.revokeToken(request),
    resolveReferenceToken: (request) => token.resolveReferenceToken(request),
    getUserInfo: (request) => token.getUserInfo(request),
    pushAuthorization: (request) => authorization.pushAuthorization(request),
    startDeviceAuthorization: (request) => authorization.startDeviceAuthorization(request),
    interact: (request) => authorization.interact(request),
    close() {
      stream.close()
      for (const client of [token, authorization, streaming]) client.close()
    },
  }
}
