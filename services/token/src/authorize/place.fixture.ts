import { ClientState } from '@gatehouse/contracts/credential/v1/client'
import { ClientAuthenticationMethod, ClientRegistration } from '@gatehouse/contracts/credential/v1/client_registration'
import { SubscriptionState } from '@gatehouse/contracts/credential/v1/subscription'
import { Api, ApiState } from '@gatehouse/contracts/policy/v1/api'
import { Environment } from '@gatehouse/contracts/policy/v1/environment'
import { TokenSettings } from '@gatehouse/contracts/policy/v1/token_settings'
import { ClientView, SubscriptionView } from '@gatehouse/contracts/read_model/v1/views'
import { Endpoint, type Parameter } from '@gatehouse/contracts/token/v1/token_service'
import { PolicyTable } from '@gatehouse/policy-engine'
import type { Place } from '../issue/token-request.ts'
import type { Views } from '../read/views.ts'

export const issuerUrl = 'https://id.example'
export const redirectUri = 'https://app.example/cb'
export const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
export const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'

const scopes = [
  { name: 'orders.read', description: 'Read your orders' },
  { name: 'orders.write', description: 'Place orders' },
]
const authorizationDetailTypes = ['order']

export const policyOf = (table = new PolicyTable()) => {
  table.replaceEnvironment(
    'alpha',
    Environment.fromPartial({ environmentId: 'alpha', version: 1n, issuer: { url: issuerUrl, localUsers: true } }),
  )
  for (const apiId of ['orders', 'billing']) {
    const api = Api.fromPartial({ apiId, environmentId: 'alpha', state: ApiState.API_STATE_PUBLISHED })
    table.replaceApi('alpha', apiId, {
      ...api,
      tokens: { ...TokenSettings.create(), scopes, authorizationDetailTypes },
    })
  }
  return table
}

/** The environment `alpha`, whose APIs `orders` and `billing` take tokens. */
export function placeAt(endpoint: Partial<Endpoint> = {}, nowMs = 1_800_000_000_000): Place {
  const environment = policyOf().environment('alpha')
  if (!environment?.issuer) throw new Error('the environment does not compile')
  const at = Endpoint.fromPartial({ environmentId: 'alpha', ...endpoint })
  return { endpoint: at, environment, issuer: environment.issuer, nowMs }
}

export const clientOf = (registration: Partial<ClientRegistration> = {}, more: Partial<ClientView> = {}) =>
  ClientView.fromPartial({
    ...{ clientId: 'app', environmentId: 'alpha', state: ClientState.CLIENT_STATE_ACTIVE, displayName: 'The App' },
    registration: ClientRegistration.fromPartial({
      tokenEndpointAuthMethod: ClientAuthenticationMethod.CLIENT_AUTHENTICATION_METHOD_NONE,
      grantTypes: ['authorization_code', 'refresh_token'],
      redirectUris: [redirectUri],
      ...registration,
    }),
    ...more,
  })

export const subscriptionOf = (more: Partial<SubscriptionView> = {}) =>
  SubscriptionView.fromPartial({
    ...{ subscriptionId: 'sub1', environmentId: 'alpha', clientId: 'app', apiId: 'orders', planId: 'gold' },
    ...{ scopes: ['orders.read', 'orders.write'], state: SubscriptionState.SUBSCRIPTION_STATE_ACTIVE },
    ...more,
  })

/** One client with one subscription. */
export const viewsOf = (client = clientOf(), subscription = subscriptionOf()): Views => ({
  client: async (id) => (id === client.clientId ? client : undefined),
  clientSecret: async () => undefined,
  subscription: async (id) => (id === subscription.subscriptionId ? subscription : undefined),
  cutoffOf: async () => undefined,
  subscriptionOf: async (clientId, apiId) =>
    clientId === subscription.clientId && apiId === subscription.apiId ? subscription : undefined,
})

const good = {
  ...{ client_id: 'app', redirect_uri: redirectUri, response_type: 'code', resource: `${issuerUrl}/orders` },
  ...{ scope: 'openid orders.read', state: 'af0ifjsldkj', code_challenge: challenge, code_challenge_method: 'S256' },
}

/** A good authorization request with other parameters; undefined leaves one out. */
export function parametersOf(more: Readonly<Record<string, string | undefined>> = {}): Parameter[] {
  const all: Record<string, string | undefined> = { ...good, ...more }
  return Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]))
}
