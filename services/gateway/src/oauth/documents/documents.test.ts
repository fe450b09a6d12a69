import { SigningKeyView } from '@gatehouse/contracts/read_model/v1/views'
import { SigningKeyState } from '@gatehouse/contracts/token/v1/signing_key'
import { compilePolicy } from '@gatehouse/policy-engine'
import { createLocalJWKSet, exportJWK, generateKeyPair, type JSONWebKeySet, jwtVerify, SignJWT } from 'jose'
import { afterEach, expect, test } from 'vitest'
import { type Authorizing, authorizing, issuingPolicy } from '../../../test/authorizing.ts'

let gateway: Authorizing
afterEach(() => gateway.close())

const key = (keyId: string, state: SigningKeyState, publicJwk: object): SigningKeyView => ({
  ...SigningKeyView.create(),
  ...{ keyId, environmentId: 'alpha', state, publicJwk: JSON.stringify(publicJwk) },
})

test('the JWKS has the keys that tokens may be verified with, and of each the public members alone', async () => {
  gateway = await authorizing()
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  const whole = { ...(await exportJWK(privateKey)), alg: 'ES256' }
  const states = SigningKeyState
  gateway.state.signingKeys = [
    key('next', states.SIGNING_KEY_STATE_PUBLISHED, { kty: 'RSA', n: 'n', e: 'AQAB', alg: 'RS256' }),
    key('now', states.SIGNING_KEY_STATE_ACTIVE, whole),
    key('before', states.SIGNING_KEY_STATE_RETIRED, whole),
    key('gone', states.SIGNING_KEY_STATE_REMOVED, whole),
    key('strange', states.SIGNING_KEY_STATE_UNSPECIFIED, whole),
  ]
  const answer = await gateway.ask('/.well-known/jwks')
  expect(answer.headers.get('cache-control')).toBe('public, max-age=300')
  expect(answer.headers.get('access-control-allow-origin')).toBe('*')
  const jwks = (await answer.json()) as JSONWebKeySet
  const { x, y } = await exportJWK(publicKey)
  expect(jwks).toEqual({
    keys: [
      { kty: 'RSA', n: 'n', e: 'AQAB', alg: 'RS256', use: 'sig', kid: 'next' },
      { kty: 'EC', crv: 'P-256', x, y, alg: 'ES256', use: 'sig', kid: 'now' },
      { kty: 'EC', crv: 'P-256', x, y, alg: 'ES256', use: 'sig', kid: 'before' },
    ],
  })
  const token = await new SignJWT({}).setProtectedHeader({ alg: 'ES256', kid: 'now' }).sign(privateKey)
  await expect(jwtVerify(token, createLocalJWKSet(jwks))).resolves.toBeDefined()
  expect(await (await gateway.ask('/.well-known/jwks.json')).json()).toEqual(jwks)
})

test('who has the document is told so with 304, by any of its spellings, until it changes', async () => {
  let position = 1n
  gateway = await authorizing({}, undefined, { positions: () => ({ credential: 7n, policy: 3n, token: position }) })
  const first = await gateway.ask('/.well-known/jwks')
  const etag = first.headers.get('etag') ?? ''
  expect(etag).toMatch(/^"[\w-]{22}"$/)
  const statusFor = async (tag: string) =>
    (await gateway.ask('/.well-known/jwks', { headers: { 'if-none-match': tag } })).status
  for (const tag of [etag, `W/${etag}`, `"x", ${etag}`, '*']) expect(await statusFor(tag)).toBe(304)
  expect(await statusFor('"x"')).toBe(200)
  gateway.state.signingKeys = [key('new', SigningKeyState.SIGNING_KEY_STATE_ACTIVE, { kty: 'EC' })]
  expect(await statusFor(etag)).toBe(304)
  position = 2n
  expect(await statusFor(etag)).toBe(200)
})

test('HEAD has the head of the document', async () => {
  gateway = await authorizing()
  const answer = await gateway.ask('/.well-known/jwks', { method: 'HEAD' })
  expect([answer.status, await answer.text()]).toEqual([200, ''])
  expect(Number(answer.headers.get('content-length'))).toBeGreaterThan(0)
})

test('the metadata names every endpoint below the issuer, what is supported, and the APIs’ scopes', async () => {
  gateway = await authorizing()
  const oauth = (await (await gateway.ask('/.well-known/oauth-authorization-server')).json()) as Record<string, unknown>
  const openid = await (await gateway.ask('/.well-known/openid-configuration')).json()
  expect(openid).toEqual(oauth)
  expect(oauth).toMatchObject({
    issuer: 'http://a',
    token_endpoint: 'http://a/oauth2/v2/token',
    jwks_uri: 'http://a/.well-known/jwks',
    end_session_endpoint: 'http://a/oauth2/v2/sign-out',
    response_types_supported: ['code'],
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    protected_resources: ['http://a/orders', 'https://shop.example/v1/basket'],
    tls_client_certificate_bound_access_tokens: false,
    authorization_details_types_supported: ['payment'],
  })
  expect(oauth.scopes_supported).toContain('orders:read')
  expect(oauth).not.toHaveProperty('mtls_endpoint_aliases')
  for (const [name, url] of Object.entries(oauth).filter(([name]) => name.endsWith('_endpoint'))) {
    const { pathname } = new URL(String(url))
    expect([name, (await gateway.ask(pathname, { method: 'PATCH' })).status]).toEqual([name, 405])
  }
})

test('an issuer with a path has its metadata where both standards look, and its endpoints below it', async () => {
  gateway = await authorizing({}, 'http://a/idp')
  const paths = ['/.well-known/oauth-authorization-server/idp', '/idp/.well-known/openid-configuration']
  for (const path of paths) {
    const metadata = (await (await gateway.ask(path)).json()) as Record<string, string>
    expect(metadata).toMatchObject({ issuer: 'http://a/idp', token_endpoint: 'http://a/idp/oauth2/v2/token' })
    for (const name of ['jwks_uri', 'userinfo_endpoint', 'authorization_endpoint']) {
      const answer = await gateway.ask(new URL(metadata[name] ?? '').pathname, { method: 'PATCH' })
      expect([name, answer.status]).toEqual([name, 405])
    }
  }
  const orders = await gateway.ask('/.well-known/oauth-protected-resource/idp/orders')
  expect(await orders.json()).toMatchObject({
    resource: 'http://a/idp/orders',
    authorization_servers: ['http://a/idp'],
  })
})

test.each([
  ['orders', 'http://a/orders'],
  ['basket', 'https://shop.example/v1/basket'],
  ['v1/basket', 'https://shop.example/v1/basket'],
])('the metadata of the resource %s', async (path, resource) => {
  gateway = await authorizing()
  const answer = await gateway.ask(`/.well-known/oauth-protected-resource/${path}`)
  expect(await answer.json()).toMatchObject({
    ...{ resource, authorization_servers: ['http://a'], scopes_supported: ['orders:read'] },
    bearer_methods_supported: ['header'],
  })
  expect(await gateway.record()).toMatchObject({ gatehouse: { operation: 'oauth2.resource_metadata' } })
})

test.each(['nowhere', 'none', '__proto__', 'v1'])('an API %s that takes no tokens has no metadata', async (path) => {
  gateway = await authorizing()
  const answer = await gateway.ask(`/.well-known/oauth-protected-resource/${path}`)
  expect(answer.status).toBe(404)
  expect(await gateway.record()).toMatchObject({ status_code: 'no_api' })
})

test('an environment without issuer has neither metadata nor endpoints', async () => {
  gateway = await authorizing()
  for (const path of ['/.well-known/openid-configuration', '/.well-known/jwks', '/oauth2/v2/token']) {
    gateway.state.table = compilePolicy({
      ...issuingPolicy(''),
      environments: [{ ...issuingPolicy('').environments[1]!, hosts: ['*'] }],
    })
    const answer = await gateway.ask(path)
    expect(answer.status).toBe(404)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(await gateway.record()).toMatchObject({ status_code: 'no_api' })
  }
})
