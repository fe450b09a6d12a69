import type {
  IssueTokenRequest,
  IssueTokenResponse,
  ResolveReferenceTokenRequest,
  ResolveReferenceTokenResponse,
} from '@gatehouse/contracts/token/v1/token_service'
import { issueToken } from './issue/token-endpoint.ts'
import { readReferenceToken } from './read/reference-tokens.ts'
import type { TokenParts } from './token-parts.ts'

/** What the gateway asks of the authorization server, over gRPC or, in one process, as it stands here. */
export interface Calls {
  issueToken(request: IssueTokenRequest): Promise<IssueTokenResponse>
  resolveReferenceToken(request: ResolveReferenceTokenRequest): Promise<ResolveReferenceTokenResponse>
}

export function createCalls(parts: TokenParts): Calls {
  return {
    issueToken: (request) => issueToken(parts, request),
    async resolveReferenceToken({ environmentId, tokenId }) {
      return { referenceToken: await readReferenceToken(parts.store.pool, environmentId, tokenId) }
    },
  }
}
