import { createRemoteJWKSet, jwtVerify } from 'jose'
import * as oauth from 'oauth4webapi'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type System, startSystem } from './system.ts'

let system: System
let server: oauth.AuthorizationServer
let token: string
let client: oauth.Client
let authentication: oauth.ClientAuth
const insecure = { [oauth.allowInsecureRequests]: true }

beforeAll(async () => {
  system = await startSystem()
  const issuer = new URL(system.demo.issuer)
  const asked = { ...insecure, algorithm: 'oauth2' } as const
  server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, asked))
  const registered = await system.register({ method: 'client_secret_basic', grantTypes: ['client_credentials'] })
  client = { client_id: registered.clientId }
  authentication = oauth.ClientSecretBasic(registered.secret)
  token = await issue()
})
afterAll(() => system?.close())

async function issue(options: oauth.ClientCredentialsGrantRequestOptions = {}): Promise<string> {
  const parameters = new URLSearchParams({ resource: system.demo.resource, scope: 'orders:read' })
  const asked = { ...insecure, ...options }
  const response = await oauth.clientCredentialsGrantRequest(server, client, authentication, parameters, asked)
  return (await oauth.processClientCredentialsResponse(server, client, response)).access_token
}

function validated(text: string, audience = system.demo.resource, headers: Record<string, string> = {}) {
  const request = new Request('http://orders.example/items', {
    headers: { authorization: `Bearer ${text}`, ...headers },
  })
  return oauth.validateJwtAccessToken(server, request, audience, insecure)
}

test('a resource server that nobody here wrote takes our tokens', async () => {
  expect(await validated(token)).toMatchObject({
    ...{ iss: system.demo.issuer, aud: system.demo.resource, client_id: client.client_id, sub: client.client_id },
    ...{ scope: 'orders:read', jti: expect.stringMatching(/^[a-z2-7]{26}$/) },
  })
})

test('and refuses them for another audience, by another issuer’s name, and changed', async () => {
  await expect(validated(token, `${system.demo.resource}/`)).rejects.toThrow()
  await expect(validated(token, system.demo.issuer)).rejects.toThrow()
  await expect(validated(`${token.slice(0, -3)}AAA`)).rejects.toThrow()
  const other = { ...server, issuer: 'http://127.0.0.1:1' }
  const request = new Request('http://orders.example/', { headers: { authorization: `Bearer ${token}` } })
  await expect(oauth.validateJwtAccessToken(other, request, system.demo.resource, insecure)).rejects.toThrow()
})

test('a DPoP-bound token is taken with its proof alone', async () => {
  const keys = await oauth.generateKeyPair('ES256', { extractable: true })
  const DPoP = oauth.DPoP(client, keys)
  // The first proof learns the nonce.
  const bound = await issue({ DPoP }).catch((error) => {
    if (!oauth.isDPoPNonceError(error)) throw error
    return issue({ DPoP })
  })
  const { payload } = await jwtVerify(bound, createRemoteJWKSet(new URL(server.jwks_uri ?? '')))
  expect(payload['cnf']).toEqual({ jkt: await DPoP.calculateThumbprint() })
  await expect(validated(bound)).rejects.toThrow()
  const url = new URL(system.demo.path, system.demo.issuer)
  const ask = () => oauth.protectedResourceRequest(bound, 'GET', url, undefined, undefined, { ...insecure, DPoP })
  expect((await ask()).status).toBe(200)
  const bare = await fetch(url, { headers: { authorization: `DPoP ${bound}` } })
  expect(bare.status).toBe(401)
  const asBearer = await fetch(url, { headers: { authorization: `Bearer ${bound}` } })
  expect(asBearer.status).toBe(401)
})

test('the metadata of the API leads to its issuer (RFC 9728)', async () => {
  const resource = new URL(system.demo.resource)
  const response = await oauth.resourceDiscoveryRequest(resource, insecure)
  const metadata = await oauth.processResourceDiscoveryResponse(resource, response)
  expect(metadata.authorization_servers).toEqual([system.demo.issuer])
  const challenge = (await fetch(new URL(system.demo.path, system.demo.issuer))).headers.get('www-authenticate')
  const metadataUrl = /resource_metadata="([^"]*)"/.exec(challenge ?? '')?.[1] ?? ''
  expect(await (await fetch(metadataUrl)).json()).toEqual(metadata)
})

test('introspection is signed for who asks so (RFC 9701)', async () => {
  const more = { introspectableApis: ['orders'] }
  const registered = await system.register({ method: 'client_secret_basic', grantTypes: ['client_credentials'], more })
  const asker = { client_id: registered.clientId, introspection_signed_response_alg: 'ES256' }
  const known = oauth.ClientSecretBasic(registered.secret)
  const asked = { ...insecure, requestJwtResponse: true }
  const response = await oauth.introspectionRequest(server, asker, known, token, asked)
  expect(response.headers.get('content-type')).toBe('application/token-introspection+jwt')
  const answer = await oauth.processIntrospectionResponse(server, asker, response)
  expect(answer).toMatchObject({ active: true, client_id: client.client_id, scope: 'orders:read' })
})

test('a script of another origin may do the same', async () => {
  const origin = 'https://app.example'
  const preflight = await fetch(server.token_endpoint ?? '', {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,dpop',
    },
  })
  expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, '*'])
  for (const url of [server.jwks_uri, server.userinfo_endpoint]) {
    const answer = await fetch(url ?? '', { headers: { origin } })
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
  }
})
