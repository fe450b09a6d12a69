import { randomBytes } from 'node:crypto'
import { SigningAlgorithm, TokenForm } from '@gatehouse/contracts/policy/v1/token_settings'
import { waitFor } from '@gatehouse/testkit'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { basic, post } from './endpoint.ts'
import { type System, startSystem } from './system.ts'

let system: System
let client: { clientId: string; secret: string }
let resourceServer: { clientId: string; secret: string }
const at = (path: string) => `${system.demo.issuer}${path}`
const forms = ['plain', 'rsa', 'phantom', 'split'] as const

beforeAll(async () => {
  system = await startSystem()
  await system.publish('plain', { form: TokenForm.TOKEN_FORM_JWT })
  await system.publish('rsa', { algorithm: SigningAlgorithm.SIGNING_ALGORITHM_RS256 })
  await system.publish('phantom', { form: TokenForm.TOKEN_FORM_PHANTOM })
  await system.publish('split', { form: TokenForm.TOKEN_FORM_SPLIT })
  const grantTypes = ['client_credentials']
  client = await system.register({ method: 'client_secret_basic', grantTypes })
  const introspectableApis = ['plain', 'phantom', 'split']
  resourceServer = await system.register({ method: 'client_secret_basic', grantTypes, more: { introspectableApis } })
  for (const apiId of forms) await system.subscribe(client.clientId, apiId)
  const issues = (apiId: string) => async () => (await issue(apiId)).status === 200
  for (const apiId of forms) await waitFor(issues(apiId), { what: `tokens of ${apiId}` })
})
afterAll(() => system?.close())

const issue = (apiId: string) =>
  post(at(`/${apiId}/oauth2/v2/token`), {
    form: { grant_type: 'client_credentials' },
    headers: basic(client.clientId, client.secret),
  })
const tokenOf = async (apiId: string) => String((await issue(apiId)).body['access_token'])
const introspect = (token: string, { clientId, secret } = resourceServer, headers: Record<string, string> = {}) =>
  post(at('/oauth2/v2/introspect'), { form: { token }, headers: { ...basic(clientId, secret), ...headers } })
const call = (apiId: string, token: string) =>
  fetch(at(`/${apiId}/items`), { headers: { authorization: `Bearer ${token}` } })

test('what each form looks like', async () => {
  expect(await tokenOf('plain')).toMatch(/^[\w-]+\.[\w-]+\.[\w-]{86}$/)
  expect(await tokenOf('rsa')).toMatch(/^[\w-]+\.[\w-]+\.[\w-]{342}$/)
  expect(await tokenOf('phantom')).toMatch(/^ght_alpha_[a-z2-7]{16}_[a-z2-7]{52}_[a-z2-7]{7}$/)
  expect(await tokenOf('split')).toMatch(/^[\w-]{86}$/)
})

test.each(['plain', 'rsa'])('a %s JWT is verified with the published keys alone', async (apiId) => {
  const keys = createRemoteJWKSet(new URL(at('/.well-known/jwks.json')))
  const { payload, protectedHeader } = await jwtVerify(await tokenOf(apiId), keys, {
    issuer: system.demo.issuer,
    audience: at(`/${apiId}`),
    typ: 'at+jwt',
    requiredClaims: ['sub', 'client_id', 'iat', 'exp', 'jti', 'scope'],
  })
  expect(payload['client_id']).toBe(client.clientId)
  expect(protectedHeader.alg).toBe(apiId === 'rsa' ? 'RS256' : 'ES256')
})

test.each(forms)('a %s token works at the gateway from the moment it was answered', async (apiId) => {
  for (let round = 0; round < 20; round++) expect((await call(apiId, await tokenOf(apiId))).status).toBe(200)
})

test.each(forms)('a %s token is for its own API alone', async (apiId) => {
  const token = await tokenOf(apiId)
  for (const other of forms.filter((name) => name !== apiId)) expect((await call(other, token)).status).toBe(401)
})

describe('introspection', () => {
  test.each(['plain', 'phantom', 'split'])('a %s token, by its resource server', async (apiId) => {
    expect((await introspect(await tokenOf(apiId))).body).toMatchObject({
      ...{ active: true, token_type: 'Bearer', iss: system.demo.issuer, aud: at(`/${apiId}`) },
      ...{ client_id: client.clientId, sub: client.clientId, scope: 'orders:read orders:write' },
    })
  })
  test('by its own client', async () => {
    expect((await introspect(await tokenOf('plain'), client)).body).toMatchObject({ active: true })
  })
  test('by the resource server of another API there is no such token', async () => {
    expect((await introspect(await tokenOf('rsa'))).body).toEqual({ active: false })
  })
  test.each(['', 'x', 'a.b.c', `ght_${'a'.repeat(90)}`])('%j is no token', async (token) => {
    const answer = await introspect(token)
    expect(answer.body).toEqual(
      token === '' ? expect.objectContaining({ error: 'invalid_request' }) : { active: false },
    )
  })
  test('a random signature is no token', async () => {
    expect((await introspect(randomBytes(64).toString('base64url'))).body).toEqual({ active: false })
  })
  test('without a client', async () => {
    const answer = await post(at('/oauth2/v2/introspect'), { form: { token: await tokenOf('plain') } })
    expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
  })
  test('signed (RFC 9701)', async () => {
    const answer = await introspect(await tokenOf('plain'), resourceServer, {
      accept: 'application/token-introspection+jwt',
    })
    expect(answer.headers.get('content-type')).toBe('application/token-introspection+jwt')
    const keys = createRemoteJWKSet(new URL(at('/.well-known/jwks')))
    const { payload } = await jwtVerify(String(answer.body['text']), keys, {
      ...{ issuer: system.demo.issuer, audience: resourceServer.clientId, typ: 'token-introspection+jwt' },
    })
    expect(payload['token_introspection']).toMatchObject({ active: true, client_id: client.clientId })
  })
})

describe('revocation', () => {
  const revoke = (token: string, { clientId, secret } = client, more: Record<string, string> = {}) =>
    post(at('/oauth2/v2/revoke'), { form: { token, ...more }, headers: basic(clientId, secret) })

  test.each(forms)('a %s token is refused once it is revoked', async (apiId) => {
    const token = await tokenOf(apiId)
    expect((await call(apiId, token)).status).toBe(200)
    expect((await revoke(token)).status).toBe(200)
    await waitFor(async () => (await call(apiId, token)).status === 401, { what: 'the refusal' })
    expect((await introspect(token, client)).body).toEqual({ active: false })
  })
  test('a wrong hint changes nothing', async () => {
    const token = await tokenOf('plain')
    expect((await revoke(token, client, { token_type_hint: 'refresh_token' })).status).toBe(200)
    await waitFor(async () => (await call('plain', token)).status === 401, { what: 'the refusal' })
  })
  test('an unknown token is answered like one that was revoked', async () => {
    expect((await revoke('x')).status).toBe(200)
    expect((await revoke(`${(await tokenOf('plain')).slice(0, -4)}AAAA`)).status).toBe(200)
  })
  test('the token of another client stays', async () => {
    const token = await tokenOf('plain')
    expect(await revoke(token, resourceServer)).toMatchObject({ status: 400, body: { error: 'unauthorized_client' } })
    expect((await call('plain', token)).status).toBe(200)
  })
})
