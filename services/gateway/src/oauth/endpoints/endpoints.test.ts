import { Facts, type IntrospectRequest, type IssueTokenRequest } from '@gatehouse/contracts/token/v1/token_service'
import { GatehouseError, unavailable } from '@gatehouse/errors'
import { afterEach, expect, test } from 'vitest'
import { type Authorizing, authorizing } from '../../../test/authorizing.ts'
import { connect, exchangeOnce } from '../../../test/raw.ts'
import type { TokenCalls } from '../token-calls.ts'

let gateway: Authorizing
afterEach(() => gateway.close())

const facts = (over: Partial<Facts> = {}): Facts => ({ ...Facts.create(), reason: 'ok', clientId: 'c1', ...over })
const tokens = {
  ...{ accessToken: 'a.b.c', tokenType: 'Bearer', expiresIn: 3600n, scope: 'orders:read', refreshToken: '' },
  ...{ idToken: '', issuedTokenType: '', authorizationDetails: '' },
}
const grant = { grant_type: 'client_credentials' }

/** A token service that issues, and keeps what it was asked. */
function issuing(over: Partial<typeof tokens> = {}) {
  const asked: IssueTokenRequest[] = []
  const issueToken: TokenCalls['issueToken'] = async (request) => {
    asked.push(request)
    const granted = facts({ grantType: 'client_credentials', tokenId: 'jti', scopes: ['orders:read'], apiId: 'orders' })
    return { result: { $case: 'issued', value: { ...tokens, ...over } }, facts: granted }
  }
  return { asked, issueToken }
}

const refusal = (error: string, status: number, challenge = '') => ({
  $case: 'refusal' as const,
  value: { error, errorDescription: 'in words', status, challenge },
})

test('a token is issued, on record before its client hears of it', async () => {
  const service = issuing()
  gateway = await authorizing(service)
  gateway.disk.hold()
  const asking = gateway.post('/orders/oauth2/v2/token', grant, { authorization: 'Basic Yzpz' })
  await expect.poll(() => service.asked.length).toBe(1)
  const ended: string[] = []
  void asking.then(() => ended.push('token'))
  await expect.poll(() => gateway.trail.nextDecisionId()).toMatch(/\.2$/)
  // An exchange that waits for no record: whatever did not wait either has ended by then.
  const another = 'PUT /orders/items HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
  expect(await exchangeOnce(gateway.port, another)).toMatch(/^HTTP\/1\.1 401 /)
  expect(ended).toEqual([])
  gateway.disk.release()
  const answer = await asking
  expect(answer.status).toBe(200)
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect(answer.headers.get('content-type')).toBe('application/json')
  expect(await answer.json()).toEqual({
    ...{ access_token: 'a.b.c', token_type: 'Bearer', expires_in: 3600, scope: 'orders:read' },
  })
  expect(service.asked[0]).toMatchObject({
    endpoint: { environmentId: 'alpha', apiId: 'orders', clientIp: '127.0.0.1', authorization: 'Basic Yzpz' },
    parameters: [{ name: 'grant_type', value: 'client_credentials' }],
  })
  await expect.poll(() => gateway.records()).toHaveLength(2)
  expect((await gateway.records())[0]).toMatchObject({
    status_code: 'ok',
    http_response: { code: 200 },
    metadata: { correlation_uid: service.asked[0]?.endpoint?.requestId },
    gatehouse: {
      ...{ outcome: 'allow', operation: 'oauth2.token', api: 'orders', client_id: 'c1', environment: 'alpha' },
      ...{ grant_type: 'client_credentials', token_id: 'jti', scopes: ['orders:read'] },
    },
  })
})

test('everything that is issued has its member, and authorization_details are JSON', async () => {
  const all = { refreshToken: 'r', idToken: 'i', issuedTokenType: 't', authorizationDetails: '[{"type":"payment"}]' }
  gateway = await authorizing(issuing(all))
  expect(await (await gateway.post('/oauth2/v2/token', grant)).json()).toMatchObject({
    ...{ refresh_token: 'r', id_token: 'i', issued_token_type: 't', authorization_details: [{ type: 'payment' }] },
  })
})

test('what the token service refuses is the RFC’s error, with its challenge and its reason on record', async () => {
  const challenge = 'Basic realm="gatehouse"'
  gateway = await authorizing({
    issueToken: async () => ({
      result: refusal('invalid_client', 401, challenge),
      facts: facts({ reason: 'client_secret_mismatch' }),
    }),
  })
  const answer = await gateway.post('/oauth2/v2/token', grant)
  expect(answer.status).toBe(401)
  expect(answer.headers.get('www-authenticate')).toBe(challenge)
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect(await answer.json()).toEqual({ error: 'invalid_client', error_description: 'in words' })
  expect(await gateway.record()).toMatchObject({
    status_code: 'client_secret_mismatch',
    gatehouse: { outcome: 'deny', client_id: 'c1' },
  })
})

const form = 'application/x-www-form-urlencoded'
const many = Array.from({ length: 101 }, (_, n) => `p${n}=`).join('&')
const refused: [what: string, status: number, reason: string, path: string, init: RequestInit][] = [
  [
    'a secret in the query',
    400,
    'parameter_in_query',
    '/oauth2/v2/token?client_secret=s',
    { method: 'POST', body: '' },
  ],
  [
    'JSON',
    400,
    'form_malformed',
    '/oauth2/v2/token',
    { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } },
  ],
  [
    'no media type',
    400,
    'form_malformed',
    '/oauth2/v2/token',
    { method: 'POST', body: new Uint8Array([97]), headers: {} },
  ],
  ['bytes that are no UTF-8', 400, 'form_malformed', '/oauth2/v2/token', { method: 'POST', body: 'a=%ff' }],
  ['101 parameters', 400, 'form_parameters_too_many', '/oauth2/v2/token', { method: 'POST', body: many }],
  ['65 KiB', 413, 'request_body_too_large', '/oauth2/v2/token', { method: 'POST', body: `a=${'x'.repeat(65 << 10)}` }],
  ['GET', 405, 'method_not_allowed', '/oauth2/v2/token', {}],
  ['PUT', 405, 'method_not_allowed', '/orders/oauth2/v2/introspect', { method: 'PUT', body: '' }],
  ['DELETE of the JWKS', 405, 'method_not_allowed', '/.well-known/jwks', { method: 'DELETE' }],
]

test.each(refused)('%s is refused with %i, and on record as %s', async (_what, status, reason, path, init) => {
  const service = issuing()
  gateway = await authorizing(service)
  const answer = await gateway.ask(path, { headers: { 'content-type': form }, ...init })
  expect(answer.status).toBe(status)
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect(await answer.json()).toEqual({ error: 'invalid_request', error_description: expect.any(String) })
  expect(await gateway.record()).toMatchObject({ status_code: reason, http_response: { code: status } })
  expect(service.asked).toEqual([])
  if (status === 405) expect(answer.headers.get('allow')).toMatch(/^(POST|GET, HEAD)$/)
})

test('two Authorization headers are one too many', async () => {
  const service = issuing()
  gateway = await authorizing(service)
  const head = `POST /oauth2/v2/token HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: ${form}\r\n`
  const two = `${head}Authorization: Basic YQ==\r\nAuthorization: Basic Yg==\r\nContent-Length: 0\r\n\r\n`
  expect(await exchangeOnce(gateway.port, two)).toMatch(/^HTTP\/1\.1 400 .*invalid_request/s)
  expect(service.asked).toEqual([])
})

test('a client that leaves in the midst of its body has no record', async () => {
  gateway = await authorizing(issuing())
  const peer = await connect(gateway.port)
  peer.send(`POST /oauth2/v2/token HTTP/1.1\r\nHost: a\r\nContent-Type: ${form}\r\nContent-Length: 9\r\n\r\nhalf`)
  peer.socket.destroy()
  await expect.poll(() => gateway.outcomes).toMatchObject([{ end: 'client_aborted' }])
  expect(await gateway.records()).toEqual([])
})

const failures: [error: Error, status: number, code: string, reason: string][] = [
  [unavailable('TRANSPORT', 'secret words'), 503, 'temporarily_unavailable', 'token_service_unavailable'],
  [
    new GatehouseError('DEADLINE_EXCEEDED', { reason: 'TRANSPORT', message: 'secret words' }),
    ...([503, 'temporarily_unavailable', 'token_service_unavailable'] as const),
  ],
  [new TypeError('secret words'), 500, 'server_error', 'internal_error'],
]

test.each(failures)('%s: nothing of it is told but %i', async (error, status, code, reason) => {
  gateway = await authorizing({ issueToken: () => Promise.reject(error) })
  const answer = await gateway.post('/oauth2/v2/token', grant)
  expect(answer.status).toBe(status)
  const text = await answer.text()
  expect(JSON.parse(text).error).toBe(code)
  expect(text).not.toContain('secret')
  expect(answer.headers.get('retry-after')).toBe(status === 503 ? '1' : null)
  expect(await gateway.record()).toMatchObject({ status_code: reason, http_response: { code: status } })
  expect(gateway.failures).toEqual([error])
})

test('what cannot be recorded is not answered', async () => {
  gateway = await authorizing(issuing())
  gateway.trail.append = () => {
    throw Object.assign(new Error('full'), { name: 'SpoolFull' })
  }
  const answer = await gateway.post('/oauth2/v2/token', grant)
  expect([answer.status, await answer.json()]).toMatchObject([503, { error: 'temporarily_unavailable' }])
  expect(await gateway.record()).toMatchObject({ status_code: 'audit_unavailable' })
})

test('introspection is signed where the caller accepts it', async () => {
  const asked: IntrospectRequest[] = []
  gateway = await authorizing({
    async introspect(request) {
      asked.push(request)
      const body = request.format === 2 ? 'a.b.c' : '{"active":false}'
      return { result: { $case: 'body', value: body }, facts: facts() }
    },
  })
  const types = [
    'application/json',
    '*/*',
    'application/token-introspection+jwt',
    'text/html, Application/Token-Introspection+JWT;q=0.9',
  ]
  const answers = []
  for (const accept of types) {
    const answer = await gateway.post('/oauth2/v2/introspect', { token: 't' }, { accept })
    answers.push([answer.headers.get('content-type'), await answer.text()])
  }
  const json = ['application/json', '{"active":false}']
  const jwt = ['application/token-introspection+jwt', 'a.b.c']
  expect(answers).toEqual([json, json, jwt, jwt])
  expect(asked[0]?.parameters).toEqual([{ name: 'token', value: 't' }])
})

test('a revocation answers 200 and the position that it is at; nothing to revoke answers 200 alone', async () => {
  let position = 17n
  gateway = await authorizing({ revokeToken: async () => ({ refusal: undefined, facts: facts(), position }) })
  const first = await gateway.post('/oauth2/v2/revoke', { token: 't' })
  expect([first.status, await first.text(), first.headers.get('x-gatehouse-position')]).toEqual([200, '', 'token:17'])
  position = 0n
  const second = await gateway.post('/oauth2/v2/revoke', { token: 't' })
  expect([second.status, second.headers.get('x-gatehouse-position')]).toEqual([200, null])
})

test('a pushed authorization request is created', async () => {
  gateway = await authorizing({
    pushAuthorization: async () => ({
      result: { $case: 'pushed', value: { requestUri: 'urn:ietf:params:oauth:request_uri:x', expiresIn: 60n } },
      facts: facts(),
    }),
  })
  const answer = await gateway.post('/oauth2/v2/par', { client_id: 'c1' })
  expect(answer.status).toBe(201)
  expect(await answer.json()).toEqual({ request_uri: 'urn:ietf:params:oauth:request_uri:x', expires_in: 60 })
})

test('a device is told where its user goes', async () => {
  const value = { deviceCode: 'd', userCode: 'WDJB-MJHT', expiresIn: 600n, interval: 5n }
  gateway = await authorizing({
    startDeviceAuthorization: async () => ({ result: { $case: 'started', value }, facts: facts() }),
  })
  expect(await (await gateway.post('/oauth2/v2/device_authorization', { client_id: 'c1' })).json()).toEqual({
    device_code: 'd',
    user_code: 'WDJB-MJHT',
    verification_uri: 'http://a/oauth2/v2/device',
    verification_uri_complete: 'http://a/oauth2/v2/device?user_code=WDJB-MJHT',
    expires_in: 600,
    interval: 5,
  })
})

test('a script of any origin may ask for tokens and read errors, without credentials', async () => {
  gateway = await authorizing(issuing())
  const preflight = await gateway.ask('/oauth2/v2/token', {
    method: 'OPTIONS',
    headers: { origin: 'https://app.example', 'access-control-request-method': 'POST' },
  })
  expect(preflight.status).toBe(204)
  expect(Object.fromEntries(preflight.headers)).toMatchObject({
    'access-control-allow-origin': '*',
    'access-control-allow-methods': 'POST',
    'access-control-allow-headers': 'Authorization, Content-Type, DPoP, X-Gatehouse-Position',
  })
  expect(await gateway.record()).toMatchObject({ status_code: 'ok', gatehouse: { operation: 'oauth2.token' } })
  const answer = await gateway.post('/oauth2/v2/token', 'a=%ff', { origin: 'https://app.example' })
  expect(answer.headers.get('access-control-allow-origin')).toBe('*')
  expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
  const closed = await gateway.ask('/oauth2/v2/introspect', { method: 'OPTIONS' })
  expect([closed.status, closed.headers.get('access-control-allow-origin')]).toEqual([405, null])
})
