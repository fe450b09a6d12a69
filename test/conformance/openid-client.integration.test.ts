import { createRemoteJWKSet, exportJWK, generateKeyPair, jwtVerify } from 'jose'
import * as client from 'openid-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Browser, page, sentTo } from './browser.ts'
import { type AskedClient, type System, startSystem } from './system.ts'

let system: System
beforeAll(async () => {
  system = await startSystem()
})
afterAll(() => system?.close())

const insecure = { execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks] }
const callback = 'http://127.0.0.1:9/callback'
const machine = ['client_credentials']
const person = ['authorization_code', 'refresh_token']

/** Everything that a client is told beforehand is the issuer and what it registered. */
async function discovered(asked: AskedClient, authentication: (secret: string) => client.ClientAuth) {
  const { clientId, secret } = await system.register(asked)
  const server = new URL(system.demo.issuer)
  return client.discovery(server, clientId, undefined, authentication(secret), insecure)
}

test('discovery, as OpenID provider and as authorization server', async () => {
  const { issuer } = system.demo
  for (const algorithm of ['oidc', 'oauth2'] as const) {
    const config = await client.discovery(new URL(issuer), 'any', undefined, client.None(), { ...insecure, algorithm })
    expect(config.serverMetadata()).toMatchObject({ issuer, token_endpoint: `${issuer}/oauth2/v2/token` })
    expect(config.serverMetadata().supportsPKCE()).toBe(true)
  }
})

describe('client credentials', () => {
  test.each([
    ['client_secret_basic', client.ClientSecretBasic],
    ['client_secret_post', client.ClientSecretPost],
  ] as const)('%s', async (method, authentication) => {
    const config = await discovered({ method, grantTypes: machine }, authentication)
    const { resource } = system.demo
    const tokens = await client.clientCredentialsGrant(config, { scope: 'orders:read', resource })
    expect(tokens).toMatchObject({ token_type: 'bearer', expires_in: 3600, scope: 'orders:read' })
    const keys = createRemoteJWKSet(new URL(`${system.demo.issuer}/.well-known/jwks.json`))
    const { payload } = await jwtVerify(tokens.access_token, keys, { typ: 'at+jwt', issuer: system.demo.issuer })
    expect(payload).toMatchObject({ aud: resource, sub: config.clientMetadata().client_id, scope: 'orders:read' })
    const url = new URL(system.demo.path, system.demo.issuer)
    expect((await client.fetchProtectedResource(config, tokens.access_token, url, 'GET')).status).toBe(200)
    await expect(client.fetchProtectedResource(config, `${tokens.access_token}x`, url, 'GET')).rejects.toThrow()
  })

  test('private_key_jwt', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
    const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256', use: 'sig' }] })
    const asked = { method: 'private_key_jwt', grantTypes: machine, more: { jwks } } as const
    const config = await discovered(asked, () => client.PrivateKeyJwt({ key: privateKey, kid: 'k' }))
    const tokens = await client.clientCredentialsGrant(config, { resource: system.demo.resource })
    expect(tokens.scope).toBe('orders:read orders:write')
  })

  test('DPoP binds the token to the key of the client', async () => {
    const config = await discovered({ method: 'client_secret_basic', grantTypes: machine }, client.ClientSecretBasic)
    const handle = async () => ({ DPoP: client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256')) })
    const own = await handle()
    const tokens = await client.clientCredentialsGrant(config, { resource: system.demo.resource }, own)
    expect(tokens.token_type).toBe('dpop')
    const url = new URL(system.demo.path, system.demo.issuer)
    const used = (options: object) =>
      client.fetchProtectedResource(config, tokens.access_token, url, 'GET', undefined, undefined, options)
    expect((await used(own)).status).toBe(200)
    await expect(used(await handle())).rejects.toThrow()
  })
})

test('introspection and revocation', async () => {
  const more = { introspectableApis: ['orders'] }
  const asked = { method: 'client_secret_basic', grantTypes: machine, more } as const
  const config = await discovered(asked, client.ClientSecretBasic)
  const { access_token } = await client.clientCredentialsGrant(config, { resource: system.demo.resource })
  const { client_id } = config.clientMetadata()
  expect(await client.tokenIntrospection(config, access_token)).toMatchObject({ active: true, client_id })
  await client.tokenRevocation(config, access_token)
  await expect.poll(() => client.tokenIntrospection(config, access_token)).toEqual({ active: false })
  await client.tokenRevocation(config, 'unknown')
})

describe('authorization code', () => {
  /** Signs the demo's user in and agrees. */
  async function authorize(url: URL): Promise<URL> {
    const { issuer, username, password } = system.demo
    const browser = new Browser(issuer)
    const consent = await browser.submit(page(await browser.open(url.href)), { username, password })
    return sentTo(await browser.submit(page(consent), { decision: 'approve' }))
  }

  async function asked() {
    const verifier = client.randomPKCECodeVerifier()
    const [state, nonce] = [client.randomState(), client.randomNonce()]
    const parameters = {
      ...{ redirect_uri: callback, scope: 'openid profile offline_access orders:read', state, nonce },
      ...{ resource: system.demo.resource, code_challenge_method: 'S256' },
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
    }
    const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true }
    return { parameters, checks }
  }

  const confidential = { method: 'client_secret_basic', grantTypes: person, redirectUris: [callback] } as const

  test('with PKCE, ID token, userinfo and refresh', async () => {
    const config = await discovered(confidential, client.ClientSecretBasic)
    const { parameters, checks } = await asked()
    const answer = await authorize(client.buildAuthorizationUrl(config, parameters))
    const tokens = await client.authorizationCodeGrant(config, answer, checks)
    const claims = tokens.claims()
    expect(claims).toMatchObject({ iss: system.demo.issuer, aud: config.clientMetadata().client_id })
    const info = await client.fetchUserInfo(config, tokens.access_token, claims?.sub ?? '')
    expect(info).toMatchObject({ sub: claims?.sub, name: 'Ada Lovelace' })
    const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token ?? '')
    expect(refreshed.refresh_token).not.toBe(tokens.refresh_token)
    await client.tokenRevocation(config, refreshed.refresh_token ?? '')
    await expect(client.refreshTokenGrant(config, refreshed.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    })
  })

  test('pushed, for a public client', async () => {
    const config = await discovered({ ...confidential, method: 'none' }, client.None)
    const { parameters, checks } = await asked()
    const answer = await authorize(await client.buildAuthorizationUrlWithPAR(config, parameters))
    const tokens = await client.authorizationCodeGrant(config, answer, checks)
    expect(tokens.scope?.split(' ')).toContain('orders:read')
  })

  test('sign-out ends the session', async () => {
    const logout = 'http://127.0.0.1:9/bye'
    const more = { postLogoutRedirectUris: [logout] }
    const config = await discovered({ ...confidential, more }, client.ClientSecretBasic)
    const { parameters, checks } = await asked()
    const tokens = await client.authorizationCodeGrant(
      config,
      await authorize(client.buildAuthorizationUrl(config, parameters)),
      checks,
    )
    const hint = { post_logout_redirect_uri: logout, id_token_hint: tokens.id_token ?? '', state: 's' }
    const url = client.buildEndSessionUrl(config, hint)
    const browser = new Browser(system.demo.issuer)
    const shown = await browser.open(url.href)
    const sent = shown instanceof URL ? shown : sentTo(await browser.submit(shown, {}))
    expect(sent.href).toBe(`${logout}?state=s`)
  })
})

test('device', async () => {
  const grantTypes = ['urn:ietf:params:oauth:grant-type:device_code']
  const config = await discovered({ method: 'none', grantTypes }, client.None)
  const started = await client.initiateDeviceAuthorization(config, {
    scope: 'orders:read',
    resource: system.demo.resource,
  })
  const { issuer, username, password } = system.demo
  const browser = new Browser(issuer)
  const polling = client.pollDeviceAuthorizationGrant(config, started)
  const signIn = await browser.submit(page(await browser.open(started.verification_uri)), {
    user_code: started.user_code,
  })
  const consent = await browser.submit(page(signIn), { username, password })
  expect(page(await browser.submit(page(consent), { decision: 'approve' })).html).toContain('Your device is in')
  expect((await polling).scope).toBe('orders:read')
})

describe('dynamic registration', () => {
  const metadata = {
    ...{ client_name: 'Registered by itself', redirect_uris: [callback], scope: 'openid' },
    ...{ grant_types: ['authorization_code', 'client_credentials'], token_endpoint_auth_method: 'client_secret_post' },
  }
  const register = (initialAccessToken?: string) => {
    const options = initialAccessToken === undefined ? insecure : { ...insecure, initialAccessToken }
    return client.dynamicClientRegistration(new URL(system.demo.issuer), metadata, undefined, options)
  }

  test('needs an initial access token', async () => {
    await expect(register()).rejects.toThrow()
    await expect(register('ghx_alpha_none')).rejects.toThrow()
  })

  test('makes a client, which reads, changes and ends its own registration (RFC 7592)', async () => {
    const issued = await system.credential.issueInitialAccessToken({
      ...{ requestId: crypto.randomUUID(), environmentId: 'alpha', displayName: 'test' },
      ...{ expireTime: undefined, clientsMax: 0 },
    })
    const config = await register(issued.initialAccessTokenText)
    const registered = config.clientMetadata()
    expect(registered).toMatchObject({ client_name: metadata.client_name, redirect_uris: [callback] })
    // Entitled to nothing until an operator subscribes it.
    await expect(client.clientCredentialsGrant(config)).rejects.toMatchObject({ error: 'invalid_target' })
    const uri = String(registered['registration_client_uri'])
    expect(uri).toBe(`${system.demo.issuer}/oauth2/v2/register/${registered.client_id}`)
    const authorization = `Bearer ${registered['registration_access_token']}`
    const read = await fetch(uri, { headers: { authorization } })
    expect(await read.json()).toMatchObject({ client_id: registered.client_id, client_name: metadata.client_name })
    expect((await fetch(uri, { headers: { authorization: 'Bearer x' } })).status).toBe(401)
    const changed = await fetch(uri, {
      method: 'PUT',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ ...metadata, client_id: registered.client_id, client_name: 'Renamed' }),
    })
    expect([changed.status, await changed.json()]).toMatchObject([200, { client_name: 'Renamed' }])
    expect((await fetch(uri, { method: 'DELETE', headers: { authorization } })).status).toBe(204)
    expect((await fetch(uri, { headers: { authorization } })).status).toBe(401)
  })
})
