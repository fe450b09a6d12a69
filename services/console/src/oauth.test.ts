import { Client } from '@gatehouse/contracts/credential/v1/client'
import { ClientAuthenticationMethod, ClientRegistration } from '@gatehouse/contracts/credential/v1/client_registration'
import { ClientSecret } from '@gatehouse/contracts/credential/v1/client_secret'
import type * as credential from '@gatehouse/contracts/credential/v1/credential_service'
import { InitialAccessToken } from '@gatehouse/contracts/credential/v1/initial_access_token'
import { Api } from '@gatehouse/contracts/policy/v1/api'
import { Environment } from '@gatehouse/contracts/policy/v1/environment'
import type * as policy from '@gatehouse/contracts/policy/v1/policy_service'
import { SigningAlgorithm, TokenForm } from '@gatehouse/contracts/policy/v1/token_settings'
import { GrantSummary, User } from '@gatehouse/contracts/token/v1/grant'
import { CutoffSubject } from '@gatehouse/contracts/token/v1/revocation'
import { SigningKey } from '@gatehouse/contracts/token/v1/signing_key'
import type * as token from '@gatehouse/contracts/token/v1/token_admin_service'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Answers, startTestConsole } from './testing/running-console.ts'

const answers: Answers = {}
let console: Awaited<ReturnType<typeof startTestConsole>>

beforeAll(async () => {
  console = await startTestConsole(answers)
})
afterEach(() => {
  for (const service of ['credential', 'policy', 'token'] as const) answers[service] = {}
})
afterAll(() => console.close())

const post = (path: string, body: object = {}) => console.send(`/v1/${path}`, { method: 'POST', body })
const jwks = { keys: [{ kty: 'EC', crv: 'P-256', x: 'x', y: 'y', use: 'sig', alg: 'ES256' }] }

describe('a client', () => {
  const registration = {
    ...{ token_endpoint_auth_method: 'private_key_jwt', grant_types: ['authorization_code'], jwks },
    ...{ redirect_uris: ['https://shop.example/cb'], dpop_bound_access_tokens: true },
  }
  const client = (kept: ClientRegistration | undefined) => ({
    ...Client.create(),
    clientId: 'shop',
    registration: kept,
  })

  test('is registered with its keys as JSON, and shown so', async () => {
    let request: credential.RegisterClientRequest | undefined
    answers.credential = {
      async registerClient(message) {
        request = message
        return { client: client(message.registration), position: 3n }
      },
    }
    const reply = await post('clients', { environment_id: 'alpha', client_id: 'shop', registration })
    expect(reply.status).toBe(201)
    expect(request?.registration).toMatchObject({
      tokenEndpointAuthMethod: ClientAuthenticationMethod.CLIENT_AUTHENTICATION_METHOD_PRIVATE_KEY_JWT,
      jwks: JSON.stringify(jwks),
      dpopBoundAccessTokens: true,
    })
    expect(reply.body.client).toMatchObject({ registration, registered_dynamically: false })
  })

  test('of whose registration access token nothing is shown', async () => {
    const kept = { ...ClientRegistration.create(), registrationTokenDigest: new Uint8Array(32).fill(7) }
    answers.credential = { getClient: async () => ({ client: client(kept) }) }
    const { body } = await console.send('/v1/clients/shop')
    expect(body.client.registered_dynamically).toBe(true)
    expect(body.client.registration).not.toHaveProperty('registration_token_digest')
  })

  test('becomes another client, or none of OAuth, by what is said and not by silence', async () => {
    const requests: credential.ChangeClientRegistrationRequest[] = []
    answers.credential = {
      async changeClientRegistration(message) {
        requests.push(message)
        return { client: client(message.registration), position: 4n }
      },
    }
    await post('clients/shop/change', { registration, display_name: 'Shop' })
    const none = await post('clients/shop/change', { registration: null })
    expect(requests.map((request) => request.registration?.grantTypes)).toEqual([['authorization_code'], undefined])
    expect(none.body.client).not.toHaveProperty('registration')
    expect((await post('clients/shop/change', {})).body).toMatchObject({
      status: 400,
      errors: [{ field: 'registration' }],
    })
  })

  test('is deleted', async () => {
    answers.credential = { deleteClient: async () => ({ client: { ...client(undefined), state: 3 }, position: 5n }) }
    const { body } = await console.send('/v1/clients/shop', { method: 'DELETE' })
    expect(body).toMatchObject({ client: { state: 'deleted' }, position: 'credential:5' })
  })

  test.each([
    ['a method that is none', { token_endpoint_auth_method: 'client_secret_jwt' }, 'token_endpoint_auth_method'],
    ['a key set in text', { token_endpoint_auth_method: 'none', jwks: '{}' }, 'jwks'],
    ['what only the service makes', { token_endpoint_auth_method: 'none', registration_token_digest: '' }, 'digest'],
  ])('is refused with %s', async (_, wrong, field) => {
    const { body } = await post('clients', { environment_id: 'alpha', registration: wrong })
    expect(body).toMatchObject({ status: 400, errors: [{ field: expect.stringContaining(field) }] })
  })
})

test('a client secret is shown once, listed without its text, revoked; nothing of it is in the log', async () => {
  const clientSecret = { ...ClientSecret.create(), clientSecretId: 's1', clientId: 'shop', state: 1 as const }
  const text = 'ghs_alpha_s1_planted'
  let issued: credential.IssueClientSecretRequest | undefined
  answers.credential = {
    async issueClientSecret(message) {
      issued = message
      return { clientSecret, clientSecretText: text, position: 6n }
    },
    listClientSecrets: async () => ({ clientSecrets: [clientSecret] }),
    revokeClientSecret: async () => ({ clientSecret: { ...clientSecret, state: 2 }, position: 7n }),
  }
  const made = await post('clients/shop/secrets', { display_name: 'CI', expire_time: '2030-01-01T00:00:00Z' })
  expect(made).toMatchObject({ status: 201, body: { client_secret_text: text, position: 'credential:6' } })
  expect(issued).toMatchObject({ clientId: 'shop', displayName: 'CI', expireTime: new Date('2030-01-01') })
  const listed = await console.send('/v1/clients/shop/secrets')
  expect(listed.body).toMatchObject({ client_secrets: [{ client_secret_id: 's1', state: 'active' }] })
  expect(JSON.stringify(listed.body)).not.toContain(text)
  expect((await post('client-secrets/s1/revoke')).body).toMatchObject({ client_secret: { state: 'revoked' } })
  expect(console.lines.join('')).not.toContain(text)
})

test('an initial access token is shown once and revoked', async () => {
  let issued: credential.IssueInitialAccessTokenRequest | undefined
  const initialAccessToken = { ...InitialAccessToken.create(), initialAccessTokenId: 't1', state: 1 as const }
  answers.credential = {
    async issueInitialAccessToken(message) {
      issued = message
      return { initialAccessToken, initialAccessTokenText: 'ghx_1', position: 8n }
    },
    revokeInitialAccessToken: async () => ({ initialAccessToken: { ...initialAccessToken, state: 2 }, position: 9n }),
  }
  const asked = { environment_id: 'alpha', clients_max: 3 }
  const made = await post('initial-access-tokens', asked)
  expect(issued).toMatchObject({ environmentId: 'alpha', clientsMax: 3 })
  expect(await post('initial-access-tokens', { ...asked, clients_max: 0 })).toMatchObject({ status: 400 })
  expect(made).toMatchObject({ status: 201, body: { initial_access_token_text: 'ghx_1' } })
  const revoked = await post('initial-access-tokens/t1/revoke', { reason: 'over' })
  expect(revoked.body).toMatchObject({ initial_access_token: { state: 'revoked' }, position: 'credential:9' })
})

test('an issuer and the tokens of an API that are shown can be put again', async () => {
  let environment: policy.PutEnvironmentRequest | undefined
  let api: policy.PutApiRequest | undefined
  answers.policy = {
    async putEnvironment(message) {
      environment = message
      return { environment: { ...Environment.create(), ...message.environment }, position: 1n }
    },
    async putApi(message) {
      api = message
      return { api: { ...Api.create(), ...message.api }, position: 2n }
    },
  }
  const provider = { provider_id: 'corp', issuer: 'https://login.example', client_id: 'g', scopes: ['openid'] }
  const issuer = { url: 'https://a.example', key_rotation: '30d', identity_providers: [provider], local_users: true }
  const put = (path: string, body: object) => console.send(`/v1/environments/alpha${path}`, { method: 'PUT', body })
  const shown = await put('', { hosts: ['a.example'], issuer })
  const sent = environment
  expect(sent?.environment?.issuer).toMatchObject({
    keyRotation: { seconds: 2_592_000n },
    identityProviders: [{ providerId: 'corp', createUsers: false }],
  })
  await put('', { hosts: ['a.example'], issuer: shown.body.environment.issuer })
  expect(environment?.environment).toEqual(sent?.environment)

  const tokens = { form: 'split', lifetime: '10m', algorithm: 'rs256', scopes: [{ name: 'a', description: 'Read a' }] }
  const answer = await put('/apis/orders', { upstreams: ['http://127.0.0.1:9'], operations: [], tokens })
  expect(api?.api?.tokens).toMatchObject({
    ...{ form: TokenForm.TOKEN_FORM_SPLIT, algorithm: SigningAlgorithm.SIGNING_ALGORITHM_RS256 },
    ...{ lifetime: { seconds: 600n }, scopes: [{ name: 'a', description: 'Read a' }] },
  })
  expect(answer.body.api.tokens).toMatchObject({ ...tokens, lifetime: '600s' })
})

test('a user is made, changed and suspended; the password is in no answer and no log line', async () => {
  const password = 'planted correct horse'
  const user = (changes: Partial<User> = {}) => ({ ...User.create(), userId: 'u1', state: 1 as const, ...changes })
  const requests: (token.CreateUserRequest | token.SetUserPasswordRequest)[] = []
  answers.token = {
    async createUser(message) {
      requests.push(message)
      return { user: user({ username: message.username, claims: message.claims, hasPassword: true }), position: 1n }
    },
    async setUserPassword(message) {
      requests.push(message)
      return { user: user({ hasPassword: true }), position: 2n }
    },
    suspendUser: async () => ({ user: user({ state: 2 }), position: 3n }),
  }
  const claims = { name: 'Ada', email: 'ada@example.com', email_verified: true }
  const made = await post('users', { environment_id: 'alpha', username: 'ada', password, claims })
  expect(made).toMatchObject({
    status: 201,
    body: { user: { user_id: 'u1', claims, has_password: true, state: 'active' }, position: 'token:1' },
  })
  const changed = await post('users/u1/password', { password })
  expect(requests).toMatchObject([
    { password, claims: { emailVerified: true } },
    { password, userId: 'u1' },
  ])
  expect((await post('users/u1/suspend')).body).toMatchObject({ user: { state: 'suspended' }, position: 'token:3' })
  expect(JSON.stringify([made.body, changed.body])).not.toContain(password)
  expect(console.lines.join('')).not.toContain(password)
})

test('grants are shown in one piece, without what their code must match', async () => {
  const grant = GrantSummary.fromPartial({
    grant: {
      ...{ grantId: 'g1', clientId: 'shop', authorizationDetails: '[{"type":"payment"}]', nonce: 'planted' },
      code: { redirectUri: 'https://shop.example/', codeChallenge: 'planted' },
    },
    ...{ state: 3, revocationReason: 5, version: 2n },
  })
  answers.token = {
    listGrants: async () => ({ grants: [grant], nextPageToken: '' }),
    revokeGrant: async () => ({ grant, position: 4n }),
  }
  const { body } = await console.send('/v1/grants?environment_id=alpha&client_id=shop')
  expect(body.grants).toMatchObject([
    { grant_id: 'g1', state: 'revoked', revocation_reason: 'operator', authorization_details: [{ type: 'payment' }] },
  ])
  expect(JSON.stringify(body)).not.toContain('planted')
  expect((await post('grants/g1/revoke')).body).toMatchObject({ grant: { grant_id: 'g1' }, position: 'token:4' })
})

test('signing keys are listed with their public part, rotated and removed', async () => {
  const key = SigningKey.fromPartial({ keyId: 'k1', algorithm: 1, state: 2, publicJwk: '{"kty":"EC"}' })
  let rotated: token.RotateSigningKeyRequest | undefined
  answers.token = {
    listSigningKeys: async () => ({ signingKeys: [key] }),
    async rotateSigningKey(message) {
      rotated = message
      return { signingKey: key, position: 5n }
    },
    removeSigningKey: async () => ({ signingKey: { ...key, state: 4 }, position: 6n }),
  }
  const { body } = await console.send('/v1/signing-keys?environment_id=alpha')
  expect(body.signing_keys).toMatchObject([{ key_id: 'k1', algorithm: 'es256', public_jwk: { kty: 'EC' } }])
  await post('signing-keys/rotate', { environment_id: 'alpha', algorithm: 'rs256' })
  expect(rotated).toMatchObject({ environmentId: 'alpha', algorithm: SigningAlgorithm.SIGNING_ALGORITHM_RS256 })
  expect((await post('signing-keys/k1/remove', { reason: 'leaked' })).body).toMatchObject({
    signing_key: { state: 'removed' },
  })
})

test('tokens are revoked one by one and by a time', async () => {
  let one: token.RevokeTokenByIdRequest | undefined
  let all: token.RevokeTokensBeforeRequest | undefined
  answers.token = {
    async revokeTokenById(message) {
      one = message
      return { position: 7n }
    },
    async revokeTokensBefore(message) {
      all = message
      return { before: new Date('2026-11-23T07:00:00Z'), position: 8n }
    },
  }
  expect((await post('tokens/jti1/revoke', { environment_id: 'alpha', reason: 'leaked' })).body).toEqual({
    position: 'token:7',
  })
  expect(one).toMatchObject({ tokenId: 'jti1', environmentId: 'alpha', expireTime: undefined })
  const cutoff = { environment_id: 'alpha', subject: 'client', subject_id: 'shop' }
  expect((await post('tokens/revoke-before', cutoff)).body).toEqual({
    ...{ before: '2026-11-23T07:00:00.000Z', position: 'token:8' },
  })
  expect(all).toMatchObject({ subject: CutoffSubject.CUTOFF_SUBJECT_CLIENT, subjectId: 'shop', before: undefined })
  expect((await post('tokens/revoke-before', { ...cutoff, subject: 'everybody' })).status).toBe(400)
})
