import type { IssueTokenRequest, IssueTokenResponse } from '@gatehouse/contracts/token/v1/token_service'
import { deviceGrantType } from '../device/device-grant-type.ts'
import { FactsOf, Refused, refusalOf } from '../refused.ts'
import type { TokenParts } from '../token-parts.ts'
import { authenticateClient } from './client-authentication/client-authentication.ts'
import { authorizationCode } from './grant-types/authorization-code.ts'
import { clientCredentials } from './grant-types/client-credentials.ts'
import { deviceCode } from './grant-types/device-code.ts'
import type { GrantType } from './grant-types/grant-type.ts'
import { refreshToken } from './grant-types/refresh-token.ts'
import { tokenExchange } from './grant-types/token-exchange.ts'
import { Parameters } from './parameters.ts'
import { placeOf } from './token-request.ts'

const grantTypes: ReadonlyMap<string, GrantType> = new Map([
  ['client_credentials', clientCredentials],
  ['authorization_code', authorizationCode],
  ['refresh_token', refreshToken],
  [deviceGrantType, deviceCode],
  ['urn:ietf:params:oauth:grant-type:token-exchange', tokenExchange],
])

/**
 * The token endpoint: form → client → grant type → tokens.
 * @throws UNAVAILABLE when it cannot be known or signed at the moment
 */
export async function issueToken(parts: TokenParts, request: IssueTokenRequest): Promise<IssueTokenResponse> {
  const place = placeOf(parts.state, request.endpoint)
  const facts = new FactsOf()
  try {
    const parameters = new Parameters(request.parameters)
    const name = parameters.require('grant_type')
    const grantType = grantTypes.get(name)
    if (!grantType) throw new Refused('grant_type_unsupported')
    facts.add({ grantType: name })
    const clientRequest = { ...place, parameters, facts }
    const client = await authenticateClient(parts, clientRequest)
    if (!client.registration.grantTypes.includes(name)) throw new Refused('grant_type_not_allowed')
    const issued = await grantType(parts, clientRequest, client)
    return { result: { $case: 'issued', value: issued }, facts: facts.as('ok') }
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    return {
      result: { $case: 'refusal', value: refusalOf(error.reason, place.environment.environmentId) },
      facts: facts.as(error.reason),
    }
  }
}
