import { ClientState } from '@gatehouse/contracts/credential/v1/client'
import { ClientAuthenticationMethod } from '@gatehouse/contracts/credential/v1/client_registration'
import { SubscriptionState } from '@gatehouse/contracts/credential/v1/subscription'
import { describe, expect, test } from 'vitest'
import { Refused } from '../refused.ts'
import { checkRequest, proveClient } from './authorization-request.ts'
import {
  challenge,
  clientOf,
  issuerUrl,
  parametersOf,
  placeAt,
  redirectUri,
  subscriptionOf,
  viewsOf,
} from './place.fixture.ts'
import { RefusedToClient } from './return-address.ts'

const nativeUri = 'http://127.0.0.1:51004/cb'

async function check(parameters = parametersOf(), views = viewsOf(), place = placeAt()) {
  return checkRequest(
    { views, verificationKey: () => undefined },
    place,
    parameters,
    await proveClient(views, place, parameters),
  )
}

/** The reason, and whether the client is told or a page is shown here. */
async function refusalOf(checked: Promise<unknown>): Promise<string> {
  const error = await checked.then(
    () => expect.unreachable('it was accepted'),
    (refused: unknown) => refused,
  )
  if (!(error instanceof Refused)) throw error
  return `${error instanceof RefusedToClient ? 'client' : 'page'}: ${error.reason}`
}

describe('accepted', () => {
  test('a good request', async () => {
    expect(await check()).toEqual({
      ...{ environmentId: 'alpha', clientId: 'app', apiId: 'orders', subscriptionId: 'sub1' },
      address: { redirectUri, responseMode: 'query', state: 'af0ifjsldkj', issuer: issuerUrl },
      ...{ redirectUriSent: redirectUri, scopes: ['openid', 'orders.read'], authorizationDetails: '' },
      ...{ codeChallenge: challenge, dpopThumbprint: '', nonce: '', prompts: [], loginHint: '' },
      wantedUserId: '',
      ...{ maxAgeSeconds: undefined, startTimeMs: 1_800_000_000_000 },
    })
  })
  test('redirect_uri left out where there is one', async () => {
    const { address, redirectUriSent } = await check(parametersOf({ redirect_uri: undefined }))
    expect([address.redirectUri, redirectUriSent]).toEqual([redirectUri, ''])
  })
  test('a loopback port', async () => {
    const views = viewsOf(clientOf({ redirectUris: ['http://127.0.0.1/cb'] }))
    expect((await check(parametersOf({ redirect_uri: nativeUri }), views)).address.redirectUri).toBe(nativeUri)
  })
  test.each(['x'.repeat(4096), '&<>"\'%26=#;+', 'ä\u2028\u{1f511}', ' '])('the state %.20j', async (state) => {
    expect((await check(parametersOf({ state }))).address.state).toBe(state)
  })
  test('form_post', async () => {
    expect((await check(parametersOf({ response_mode: 'form_post' }))).address.responseMode).toBe('form_post')
  })
  test('the API of the path', async () => {
    const parameters = parametersOf({ resource: undefined })
    expect((await check(parameters, viewsOf(), placeAt({ apiId: 'orders' }))).apiId).toBe('orders')
  })
  test('no API named, and the client is entitled to one', async () => {
    expect((await check(parametersOf({ resource: undefined }))).apiId).toBe('orders')
  })
  test('no scope: all that the client is entitled to', async () => {
    expect((await check(parametersOf({ scope: undefined }))).scopes).toEqual(['orders.read', 'orders.write'])
  })
  test('openid alone needs no API', async () => {
    const request = await check(parametersOf({ resource: undefined, scope: 'openid profile email offline_access' }))
    expect(request).toMatchObject({ apiId: '', subscriptionId: '' })
  })
  test('how the user is to be asked', async () => {
    const asking = { prompt: 'login consent', max_age: '0', login_hint: 'ann', nonce: 'n-0S6_WzA2Mj' }
    expect(await check(parametersOf({ ...asking, dpop_jkt: challenge, claims: '{}', ui_locales: 'de' }))).toMatchObject(
      {
        ...{ prompts: ['login', 'consent'], maxAgeSeconds: 0, loginHint: 'ann', nonce: 'n-0S6_WzA2Mj' },
        dpopThumbprint: challenge,
      },
    )
  })
  test('authorization details', async () => {
    const request = await check(parametersOf({ authorization_details: '[ {"type":"order"} ]' }))
    expect(request.authorizationDetails).toBe('[{"type":"order"}]')
  })
})

describe('neither client nor redirect URI is proven: a page here, no redirect', () => {
  test.each([
    ['no client', { client_id: undefined }, 'parameter_missing'],
    ['an unknown client', { client_id: 'other' }, 'client_unknown'],
    ['the client __proto__', { client_id: '__proto__' }, 'client_unknown'],
    ['another redirect_uri', { redirect_uri: 'https://evil.example/' }, 'redirect_uri_unregistered'],
    ['more behind the redirect_uri', { redirect_uri: `${redirectUri}/x` }, 'redirect_uri_unregistered'],
    ['userinfo', { redirect_uri: 'https://app.example@evil.example/cb' }, 'redirect_uri_unregistered'],
    ['localhost', { redirect_uri: 'http://localhost.evil/cb' }, 'redirect_uri_unregistered'],
    ['javascript', { redirect_uri: 'javascript:alert(1)' }, 'redirect_uri_unregistered'],
  ])('%s', async (_, more, reason) => expect(await refusalOf(check(parametersOf(more)))).toBe(`page: ${reason}`))
  test.each(['client_id', 'redirect_uri'])('%s twice', async (name) => {
    const parameters = [...parametersOf(), { name, value: redirectUri }]
    expect(await refusalOf(check(parameters))).toBe('page: parameter_repeated')
  })
  test('redirect_uri left out where there are several', async () => {
    const views = viewsOf(clientOf({ redirectUris: [redirectUri, nativeUri] }))
    const parameters = parametersOf({ redirect_uri: undefined })
    expect(await refusalOf(check(parameters, views))).toBe('page: redirect_uri_unregistered')
  })
  test.each([
    ['suspended', clientOf({}, { state: ClientState.CLIENT_STATE_SUSPENDED }), 'client_suspended'],
    ['in an unknown state', clientOf({}, { state: ClientState.CLIENT_STATE_UNSPECIFIED }), 'client_suspended'],
    ['of another environment', clientOf({}, { environmentId: 'production' }), 'client_unknown'],
    ['not registered', clientOf({}, { registration: undefined }), 'client_not_registered'],
    [
      'registered without method',
      clientOf({ tokenEndpointAuthMethod: ClientAuthenticationMethod.CLIENT_AUTHENTICATION_METHOD_UNSPECIFIED }),
      'client_not_registered',
    ],
  ])('a client %s', async (_, client, reason) => {
    expect(await refusalOf(check(parametersOf(), viewsOf(client)))).toBe(`page: ${reason}`)
  })
})

describe('refused, and the client is told', () => {
  test.each<[string, Record<string, string | undefined>, string]>([
    ['no response_type', { response_type: undefined }, 'parameter_missing'],
    ['implicit', { response_type: 'token' }, 'response_type_unsupported'],
    ['implicit ID token', { response_type: 'id_token' }, 'response_type_unsupported'],
    ['hybrid', { response_type: 'code id_token' }, 'response_type_unsupported'],
    ['fragment', { response_mode: 'fragment' }, 'parameter_invalid'],
    ['no challenge', { code_challenge: undefined }, 'code_challenge_required'],
    [
      'no challenge nor method',
      { code_challenge: undefined, code_challenge_method: undefined },
      'code_challenge_required',
    ],
    ['plain', { code_challenge_method: 'plain' }, 'code_challenge_required'],
    ['plain by default', { code_challenge_method: undefined }, 'code_challenge_required'],
    ['method in other case', { code_challenge_method: 's256' }, 'code_challenge_required'],
    ['a short challenge', { code_challenge: challenge.slice(1) }, 'code_challenge_required'],
    ['a verifier as challenge', { code_challenge: 'a'.repeat(128) }, 'code_challenge_required'],
    ['a request object', { request: 'eyJhbGciOiJub25lIn0.e30.' }, 'request_object_unsupported'],
    ['prompt none with another', { prompt: 'none login' }, 'parameter_invalid'],
    ['an unknown prompt', { prompt: 'create' }, 'parameter_invalid'],
    ['a negative max_age', { max_age: '-1' }, 'parameter_invalid'],
    ['a max_age in words', { max_age: 'one' }, 'parameter_invalid'],
    ['a long state', { state: 'x'.repeat(4097) }, 'parameter_invalid'],
    ['a long nonce', { nonce: 'x'.repeat(513) }, 'parameter_invalid'],
    ['a long login_hint', { login_hint: 'x'.repeat(257) }, 'parameter_invalid'],
    ['an id_token_hint of nobody', { id_token_hint: 'eyJhbGciOiJub25lIn0.e30.' }, 'id_token_hint_invalid'],
    ['a malformed dpop_jkt', { dpop_jkt: 'x' }, 'parameter_invalid'],
    ['an unknown resource', { resource: 'https://other.example' }, 'resource_unknown'],
    ['an API without subscription', { resource: `${issuerUrl}/billing` }, 'not_entitled'],
    ['an unknown scope', { scope: 'orders.read orders.delete' }, 'scope_invalid'],
    ['a malformed scope', { scope: 'orders.read "' }, 'scope_invalid'],
    ['two spaces', { scope: 'openid  orders.read' }, 'scope_invalid'],
    ['details of an unknown type', { authorization_details: '[{"type":"payment"}]' }, 'authorization_details_invalid'],
  ])('%s', async (_, more, reason) => expect(await refusalOf(check(parametersOf(more)))).toBe(`client: ${reason}`))
  test.each(['state', 'scope', 'response_type', 'code_challenge', 'response_mode', 'nonce', 'max_age'])(
    '%s twice',
    async (name) => {
      const parameters = [...parametersOf({ [name]: 'x' }), { name, value: 'y' }]
      expect(await refusalOf(check(parameters))).toBe('client: parameter_repeated')
    },
  )
  test.each([{}, { scope: undefined }, { scope: 'openid', authorization_details: '[{"type":"order"}]' }])(
    'no API named, and the client is entitled to several: %j',
    async (more) => {
      const views = { ...viewsOf(), subscriptionOf: async (_: string, apiId: string) => subscriptionOf({ apiId }) }
      const parameters = parametersOf({ resource: undefined, ...more })
      expect(await refusalOf(check(parameters, views))).toBe('client: resource_unknown')
    },
  )
  test('two resources', async () => {
    const parameters = [...parametersOf(), { name: 'resource', value: `${issuerUrl}/billing` }]
    expect(await refusalOf(check(parameters))).toBe('client: resource_unknown')
  })
  test('the path names another API than resource', async () => {
    const place = placeAt({ apiId: 'billing' })
    expect(await refusalOf(check(parametersOf(), viewsOf(), place))).toBe('client: resource_unknown')
  })
  test('a client that registered other grant types', async () => {
    const views = viewsOf(clientOf({ grantTypes: ['client_credentials'] }))
    expect(await refusalOf(check(parametersOf(), views))).toBe('client: grant_type_not_allowed')
  })
  test.each([
    SubscriptionState.SUBSCRIPTION_STATE_PENDING,
    SubscriptionState.SUBSCRIPTION_STATE_SUSPENDED,
    SubscriptionState.SUBSCRIPTION_STATE_CANCELLED,
    SubscriptionState.SUBSCRIPTION_STATE_UNSPECIFIED,
  ])('a subscription in state %s', async (state) => {
    const views = viewsOf(clientOf(), subscriptionOf({ state }))
    expect(await refusalOf(check(parametersOf(), views))).toBe('client: subscription_inactive')
  })
})

test('a state that is too long is not echoed', async () => {
  const error = await check(parametersOf({ state: 'x'.repeat(4097) })).catch((refused: unknown) => refused)
  expect(error).toMatchObject({ address: { state: '', redirectUri } })
})
