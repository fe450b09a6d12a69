import type { IssuedTokens } from '@gatehouse/contracts/token/v1/token_service'
import type { TokenParts } from '../../token-parts.ts'
import type { AuthenticatedClient } from '../client-authentication/client-authentication.ts'
import type { ClientRequest } from '../token-request.ts'

/** What a token request of one `grant_type` gives. Rejects with Refused; adds to `request.facts` what it learns. */
export type GrantType = (
  parts: TokenParts,
  request: ClientRequest,
  client: AuthenticatedClient,
) => Promise<IssuedTokens>

export const noTokens: IssuedTokens = {
  ...{ accessToken: '', tokenType: '', expiresIn: 0n, scope: '', refreshToken: '', idToken: '' },
  ...{ issuedTokenType: '', authorizationDetails: '' },
}
