import { readAuthorizationDetails } from '../../authorize/authorization-details.ts'
import { Refused } from '../../refused.ts'
import { issuedFacts, makeAccessToken } from '../access-token.ts'
import { entitlementOf, grantedScopes } from '../entitlement.ts'
import { requiredConfirmation } from '../sender-constraint.ts'
import { type GrantType, noTokens } from './grant-type.ts'

/** RFC 6749 section 4.4: the client acts for itself, with what its subscription entitles it to. No refresh token. */
export const clientCredentials: GrantType = async (parts, request, { client, registration, confidential }) => {
  if (!confidential) throw new Refused('grant_type_not_allowed')
  const { clientId } = client
  const entitled = entitlementOf(parts.views, request, clientId)
  const entitlement = entitled instanceof Promise ? await entitled : entitled
  const scopes = grantedScopes(request.parameters.get('scope'), entitlement.subscription.scopes)
  const authorizationDetails = readAuthorizationDetails(
    request.parameters.get('authorization_details'),
    entitlement.target.tokens.authorizationDetailTypes,
  )
  if (authorizationDetails === undefined) throw new Refused('authorization_details_invalid')
  const confirmation = requiredConfirmation(request, registration, entitlement.target)
  const token = await makeAccessToken(parts, request, entitlement, {
    subject: clientId,
    clientId,
    scopes,
    confirmation,
    authorizationDetails,
  })
  request.facts.add(issuedFacts(entitlement, token, scopes))
  return {
    ...noTokens,
    accessToken: token.text,
    tokenType: token.tokenType,
    expiresIn: BigInt(token.expiresIn),
    scope: scopes.join(' '),
    authorizationDetails,
  }
}
