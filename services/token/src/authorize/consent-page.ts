import type { ClientView } from '@gatehouse/contracts/read_model/v1/views'
import type { ConsentPage, ScopeInWords } from '@gatehouse/contracts/token/v1/authorization_service'
import type { User } from '@gatehouse/contracts/token/v1/grant'
import type { Place } from '../issue/token-request.ts'
import { eachDetail } from './authorization-details.ts'
import type { AuthorizationRequest } from './authorization-request.ts'
import { identityScopes } from './check-scopes.ts'
import { originOf } from './return-address.ts'

/** What the user is asked to agree to. */
export function consentPage(
  place: Place,
  client: ClientView,
  { username }: User,
  { apiId, scopes, authorizationDetails, address }: AuthorizationRequest,
  interaction: string,
): ConsentPage {
  return {
    ...{ interaction, clientName: client.displayName || client.clientId, username, device: false },
    scopes: scopes.map((scope) => inWords(place, apiId, scope)),
    authorizationDetails: eachDetail(authorizationDetails),
    redirectOrigin: originOf(address.redirectUri),
  }
}

/** A scope with the words that its API has for it; without any the name has to do. */
export function inWords({ environment }: Place, apiId: string, name: string): ScopeInWords {
  const api = environment.apis.get(apiId)
  const ofApi = api?.kind === 'usable' ? api.tokens?.scopes.get(name) : undefined
  return { name, description: identityScopes.get(name) ?? ofApi ?? '' }
}
