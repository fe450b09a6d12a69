import type { IssuedTokens } from '@gatehouse/contracts/token/v1/token_service'
import type { ProofChecker } from '../../check/authenticate/dpop.ts'
import { json, type OAuthAnswer, refused } from '../answer.ts'
import { formEndpoint } from '../endpoint.ts'
import type { TokenCalls } from '../token-calls.ts'

/** RFC 6749 section 3.2. */
export const tokenEndpoint = ({ issueToken }: TokenCalls, proofs: ProofChecker) =>
  formEndpoint({ name: 'token', crossOrigin: true, proofs }, async (endpoint, parameters) => {
    const { result, facts } = await issueToken({ endpoint, parameters })
    if (result?.$case === 'issued') return issued(result.value, facts ?? { reason: 'ok' })
    if (result?.$case === 'refusal') return refused(result.value, facts)
    throw new Error('the token service answered nothing')
  })

/** RFC 6749 section 5.1: what was not issued is left out. */
function issued(tokens: IssuedTokens, facts: OAuthAnswer['facts']): OAuthAnswer {
  const body: Record<string, unknown> = {
    access_token: tokens.accessToken,
    token_type: tokens.tokenType,
    expires_in: Number(tokens.expiresIn),
  }
  if (tokens.scope) body['scope'] = tokens.scope
  if (tokens.refreshToken) body['refresh_token'] = tokens.refreshToken
  if (tokens.idToken) body['id_token'] = tokens.idToken
  if (tokens.issuedTokenType) body['issued_token_type'] = tokens.issuedTokenType
  if (tokens.authorizationDetails) body['authorization_details'] = JSON.parse(tokens.authorizationDetails)
  return json(body, facts)
}
