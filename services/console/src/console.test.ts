import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ApiKey } from '@gatehouse/contracts/credential/v1/api_key'
import type {
  ImportApiKeyRequest,
  IssueApiKeyRequest,
  RevokeApiKeyRequest,
  RotateApiKeyRequest,
} from '@gatehouse/contracts/credential/v1/credential_service'
import { Subscription } from '@gatehouse/contracts/credential/v1/subscription'
import { Api } from '@gatehouse/contracts/policy/v1/api'
import { Plan } from '@gatehouse/contracts/policy/v1/plan'
import type { ImportOpenApiRequest, PutApiRequest, PutPlanRequest } from '@gatehouse/contracts/policy/v1/policy_service'
import {
  alreadyExists,
  failedPrecondition,
  GatehouseError,
  invalidArgument,
  notFound,
  unavailable,
  versionConflict,
} from '@gatehouse/errors'
import type { CallContext } from '@gatehouse/grpc-service'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Answers, startTestConsole } from './testing/running-console.ts'

const answers: Answers = {}
let console: Awaited<ReturnType<typeof startTestConsole>>

beforeAll(async () => {
  console = await startTestConsole(answers)
})

afterEach(() => {
  answers.credential = {}
  answers.policy = {}
  answers.audit = {}
})

afterAll(() => console.close())

const key = {
  ...ApiKey.fromPartial({ apiKeyId: 'k1', state: 1, createTime: new Date('2026-11-23T04:00:00Z'), version: 7n }),
  restrictions: { cidrs: ['10.0.0.0/8'], operations: [], scopes: [] },
}
const secret = 'gh_alpha_k1_Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA_9f3c2d'
const shownKey = { api_key_id: 'k1', state: 'active', create_time: '2026-11-23T04:00:00.000Z', version: 7 }

test('401 without an operator token, with the challenge', async () => {
  const { status, headers, body } = await console.send('/v1/clients', { token: undefined })
  expect(status).toBe(401)
  expect(headers.get('www-authenticate')).toBe('Bearer realm="gatehouse"')
  expect(headers.get('content-type')).toContain('application/problem+json')
  expect(body).toMatchObject({ code: 'operator_token_required', status: 401 })
})

test.each(['gho_wrong', `gho_${'A'.repeat(43)}`, 'x', ''])('401 with the token %j', async (token) => {
  expect((await console.send('/v1/clients', { token })).status).toBe(401)
})

test('401 for a path that does not exist, unless an operator asks: then 404', async () => {
  expect((await console.send('/v1/nothing', { token: undefined })).status).toBe(401)
  expect((await console.send('/v1/nothing')).body).toMatchObject({ status: 404, code: 'not_found' })
})

test('403 for a viewer who writes and an editor who manages operators', async () => {
  const add = (operator_id: string, role: string) =>
    console.send('/v1/operators', { method: 'POST', body: { operator_id, role } })
  const viewer = (await add('viewer1', 'viewer')).body.token
  const editor = (await add('editor1', 'editor')).body.token
  answers.credential = {
    listApiKeys: async () => ({ apiKeys: [key], nextPageToken: '' }),
    revokeApiKey: async () => ({ apiKey: key, position: 3n }),
  }
  const write = { method: 'POST', body: { reason: 'x' } } as const
  expect((await console.send('/v1/api-keys', { token: viewer })).status).toBe(200)
  expect((await console.send('/v1/api-keys/k1/revoke', { token: viewer, ...write })).body).toMatchObject({
    status: 403,
    code: 'role_not_allowed',
  })
  expect((await console.send('/v1/api-keys/k1/revoke', { token: editor, ...write })).status).toBe(200)
  expect((await console.send('/v1/operators', { token: editor })).status).toBe(403)
})

test('a removed operator is refused at once; the last admin stays', async () => {
  const body = { operator_id: 'temp', role: 'viewer' }
  const { token } = (await console.send('/v1/operators', { method: 'POST', body })).body
  answers.credential = { listApiKeys: async () => ({ apiKeys: [], nextPageToken: '' }) }
  expect((await console.send('/v1/api-keys', { token })).body).toEqual({ api_keys: [] })
  expect((await console.send('/v1/operators', { method: 'POST', body })).status).toBe(409)
  expect((await console.send('/v1/operators/temp', { method: 'DELETE' })).status).toBe(204)
  expect((await console.send('/v1/api-keys', { token })).status).toBe(401)
  expect((await console.send('/v1/operators/temp', { method: 'DELETE' })).status).toBe(404)
  expect((await console.send('/v1/operators/admin', { method: 'DELETE' })).body).toMatchObject({ code: 'last_admin' })
})

test('tokens are kept as SHA-256, in files of their owner alone, and the next start makes no new one', async () => {
  const file = await readFile(join(console.dataDir, 'operators.json'), 'utf8')
  expect(file).not.toContain(console.admin)
  expect(file).toContain(createHash('sha256').update(console.admin).digest('hex'))
  for (const name of ['operators.json', 'operator-token']) {
    expect((await stat(join(console.dataDir, name))).mode & 0o777).toBe(0o600)
  }
  expect((await readFile(join(console.dataDir, 'operator-token'), 'utf8')).trim()).toBe(console.admin)
  const again = await console.start()
  expect(again.firstOperatorToken).toBeUndefined()
  await again.close()
})

test('issuing a key shows it once, with position and ETag; nothing of it is in the log', async () => {
  let request: IssueApiKeyRequest | undefined
  answers.credential = {
    async issueApiKey(message) {
      request = message
      return { apiKey: key, apiKeySecret: secret, position: 12n }
    },
  }
  const body = { subscription_id: 's1', restrictions: { cidrs: ['10.0.0.0/8'] }, expire_time: '2027-01-01T00:00:00Z' }
  const reply = await console.send('/v1/api-keys', { method: 'POST', body })
  expect(reply.status).toBe(201)
  expect(reply.headers.get('etag')).toBe('"7"')
  expect(reply.body).toMatchObject({ api_key: shownKey, api_key_secret: secret, position: 'credential:12' })
  expect(request).toMatchObject({
    subscriptionId: 's1',
    restrictions: { cidrs: ['10.0.0.0/8'] },
    expireTime: new Date('2027-01-01T00:00:00Z'),
    requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
  })
  expect(console.lines.join('')).not.toContain(secret)
})

test('Idempotency-Key is the request_id of this operator; If-Match is the expected version', async () => {
  let request: RevokeApiKeyRequest | undefined
  answers.credential = {
    async revokeApiKey(message) {
      request = message
      return { apiKey: key, position: 13n }
    },
  }
  const headers = { 'idempotency-key': 'abc', 'if-match': '"7"' }
  await console.send('/v1/api-keys/k1/revoke', { method: 'POST', headers })
  expect(request).toMatchObject({ apiKeyId: 'k1', requestId: 'admin:abc', expectedVersion: 7n, reason: '' })
  await console.send('/v1/api-keys/k1/revoke', { method: 'POST', body: { expected_version: 8 } })
  expect(request).toMatchObject({ expectedVersion: 8n })
  await console.send('/v1/api-keys/k1/revoke', { method: 'POST' })
  expect(request?.expectedVersion).toBeUndefined()
})

test('the log says who wrote what with which outcome, and the service is told of the same request and trace', async () => {
  let context: CallContext | undefined
  answers.credential = {
    async revokeApiKey(_, received) {
      context = received
      return { apiKey: key, position: 13n }
    },
  }
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const headers = { 'x-request-id': 'r-17', traceparent }
  await console.send('/v1/api-keys/k1/revoke', { method: 'POST', headers })
  expect(context).toMatchObject({ caller: 'console', requestId: 'r-17', traceparent })
  const line = console.lines.map((text) => JSON.parse(text)).find(({ reqId }) => reqId === 'r-17')
  expect(line).toMatchObject({ operator: 'admin', method: 'POST', path: '/v1/api-keys/k1/revoke', status: 200 })
})

test.each([
  ['Idempotency-Key', 'a b'],
  ['If-Match', '7'],
  ['If-Match', '"1", "2"'],
])('400 naming the header %s when it is %j', async (field, value) => {
  const reply = await console.send('/v1/api-keys/k1/revoke', { method: 'POST', headers: { [field]: value } })
  expect(reply.body).toMatchObject({ status: 400, errors: [{ field }] })
})

test.each<[string, string, unknown, string]>([
  ['a missing field', '/v1/clients', {}, 'environment_id'],
  ['an unknown field', '/v1/clients', { environment_id: 'alpha', displayName: 'x' }, 'displayName'],
  ['a wrong type', '/v1/clients', { environment_id: 7 }, 'environment_id'],
  [
    'a nested field',
    '/v1/api-keys',
    { subscription_id: 's', restrictions: { cidrs: ['a', 1] } },
    'restrictions.cidrs[1]',
  ],
  ['a time that is none', '/v1/api-keys/k1/expire', { expire_time: 'tomorrow' }, 'expire_time'],
  ['a duration that is none', '/v1/api-keys/k1/rotate', { overlap: '1 day' }, 'overlap'],
  ['a field of a write that has none', '/v1/api-keys/k1/resume', { api_key_id: 'k2' }, 'api_key_id'],
  ['an expected version that is none', '/v1/api-keys/k1/resume', { expected_version: -1 }, 'expected_version'],
  ['a digest that is none', '/v1/api-keys/import', { subscription_id: 's', digest: 'abc' }, 'digest'],
])('400 naming %s', async (_, path, body, field) => {
  const reply = await console.send(path, { method: 'POST', body })
  expect(reply.body).toMatchObject({ status: 400, code: 'invalid_field' })
  expect(reply.body.errors.map((error: { field: string }) => error.field)).toContain(field)
})

test.each([
  ['a parameter that is not known', '/v1/clients?state=active'],
  ['a page size out of bounds', '/v1/clients?page_size=0'],
  ['a filter that is no boolean', '/v1/decisions?allowed=maybe'],
])('400 for %s', async (_, path) => {
  expect((await console.send(path)).status).toBe(400)
})

test('400 for a body that is no JSON, 413 for one over the limit, 415 for another type', async () => {
  const send = (body: string, headers = {}) => console.send('/v1/clients', { method: 'POST', body, headers })
  expect((await send('{')).body).toMatchObject({ status: 400, code: 'malformed_request' })
  expect((await send('{"__proto__":{"x":1},"environment_id":"a"}')).status).toBe(400)
  expect((await send(`"${'x'.repeat(5_000_000)}"`)).status).toBe(413)
  expect((await send('a=b', { 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(415)
})

test.each<[number, string, GatehouseError]>([
  [400, 'invalid_field', invalidArgument([{ field: 'restrictions.cidrs[0]', description: 'is no range' }])],
  [404, 'api_key_not_found', notFound('api_key', 'k1')],
  [409, 'api_key_exists', alreadyExists('api_key', 'k1')],
  [409, 'api_key_revoked', failedPrecondition('API_KEY_REVOKED', 'it is revoked')],
  [409, 'request_id_reused', new GatehouseError('ABORTED', { reason: 'REQUEST_ID_REUSED', message: 'x' })],
  [412, 'version_conflict', versionConflict('api_key-k1', 6n, 7n)],
  [429, 'too_many', new GatehouseError('RESOURCE_EXHAUSTED', { reason: 'TOO_MANY', message: 'x', retryAfterMs: 1500 })],
  [503, 'store_unavailable', unavailable('STORE_UNAVAILABLE', 'no database')],
  [501, 'not_in_this_test', new GatehouseError('UNIMPLEMENTED', { reason: 'NOT_IN_THIS_TEST', message: 'x' })],
])('%i %s when the service says so', async (status, code, error) => {
  answers.credential = { restrictApiKey: () => Promise.reject(error) }
  const reply = await console.send('/v1/api-keys/k1/restrict', { method: 'POST', body: { cidrs: ['x'] } })
  expect(reply.body).toMatchObject({ status, code, detail: error.message })
  if (status === 400) expect(reply.body.errors).toEqual([{ field: 'restrictions.cidrs[0]', detail: 'is no range' }])
  if (status === 429) expect(reply.headers.get('retry-after')).toBe('2')
  if (status === 503) expect(reply.headers.get('retry-after')).toBe('1')
})

test('500 without a detail when a service refuses the console itself', async () => {
  const error = new GatehouseError('PERMISSION_DENIED', { reason: 'CALLER_NOT_ALLOWED', message: 'console may not' })
  answers.credential = { getApiKey: () => Promise.reject(error) }
  const reply = await console.send('/v1/api-keys/k1')
  expect(reply.body).toMatchObject({ status: 500, code: 'internal' })
  expect(JSON.stringify(reply.body)).not.toContain('may not')
})

test('rotation takes an overlap and shows both keys; a replay shows no secret', async () => {
  let request: RotateApiKeyRequest | undefined
  answers.credential = {
    async rotateApiKey(message) {
      request = message
      return { apiKey: { ...key, apiKeyId: 'k2' }, apiKeySecret: '', predecessor: key, position: 14n }
    },
  }
  const reply = await console.send('/v1/api-keys/k1/rotate', { method: 'POST', body: { overlap: '1.5h' } })
  expect(request?.overlap).toMatchObject({ seconds: 5400n, nanos: 0 })
  expect(reply.body).toMatchObject({ api_key: { api_key_id: 'k2' }, predecessor: shownKey })
  expect(reply.body).not.toHaveProperty('api_key_secret')
})

test('an import passes the digest on as bytes', async () => {
  let request: ImportApiKeyRequest | undefined
  answers.credential = {
    async importApiKey(message) {
      request = message
      return { apiKey: key, position: 15n }
    },
  }
  const digest = createHash('sha256').update('old key').digest()
  const body = { subscription_id: 's1', digest: digest.toString('base64') }
  expect((await console.send('/v1/api-keys/import', { method: 'POST', body })).status).toBe(201)
  expect(Buffer.from(request?.digest ?? [])).toEqual(digest)
})

test('activation shows subscription and key with the states of each', async () => {
  const subscription = Subscription.fromPartial({ subscriptionId: 's1', state: 2, version: 2n })
  answers.credential = {
    activateSubscription: async () => ({ subscription, apiKey: key, apiKeySecret: secret, position: 9n }),
  }
  const reply = await console.send('/v1/subscriptions/s1/activate', { method: 'POST' })
  expect(reply.body).toMatchObject({
    subscription: { subscription_id: 's1', state: 'active', version: 2 },
    api_key: { state: 'active' },
    api_key_secret: secret,
    position: 'credential:9',
  })
})

test('the credentials of an unknown subscription are 404, of a known one its keys', async () => {
  answers.credential = {
    getSubscription: ({ subscriptionId }) =>
      subscriptionId === 's1'
        ? Promise.resolve({ subscription: Subscription.fromPartial({ subscriptionId }) })
        : Promise.reject(notFound('subscription', subscriptionId)),
    listApiKeys: async ({ subscriptionId }) => ({ apiKeys: [{ ...key, subscriptionId }], nextPageToken: 'n' }),
  }
  expect((await console.send('/v1/subscriptions/none/credentials')).status).toBe(404)
  expect((await console.send('/v1/subscriptions/s1/credentials?page_size=1')).body).toMatchObject({
    api_keys: [{ ...shownKey, subscription_id: 's1' }],
    next_page_token: 'n',
  })
})

test('an API goes to the policy service and comes back with enums and durations of the API', async () => {
  let request: PutApiRequest | undefined
  answers.policy = {
    async putApi(message) {
      request = message
      return { api: Api.fromPartial({ ...message.api, state: 1, version: 1n }), position: 4n }
    },
  }
  const operation = {
    operation_id: 'get',
    method: 'GET',
    path_template: '/x/{id}',
    security: [{ requirements: [{ scheme: 'api_key', scopes: ['read'] }] }],
    enforcement: { audit_mode: 'write_ahead', max_staleness: '5s' },
    rate_limits: [{ name: 'burst', requests: 10, period: '500ms', burst: 2 }],
  }
  const body = { upstreams: ['http://127.0.0.1:9'], operations: [operation], forwarding: { connect_timeout: '2s' } }
  const reply = await console.send('/v1/environments/alpha/apis/orders', { method: 'PUT', body })
  expect(request?.api).toMatchObject({ environmentId: 'alpha', apiId: 'orders' })
  expect(request?.api?.operations[0]?.rateLimits[0]?.period).toMatchObject({ seconds: 0n, nanos: 500_000_000 })
  expect(reply.body).toMatchObject({
    api: {
      ...{ api_id: 'orders', state: 'published', forwarding: { connect_timeout: '2s' } },
      operations: [{ ...operation, rate_limits: [{ name: 'burst', requests: 10, period: '0.5s', burst: 2 }] }],
    },
    position: 'policy:4',
  })
})

test.each([
  ['a text', 'openapi: 3.1.0', 'openapi: 3.1.0'],
  ['JSON', { openapi: '3.1.0' }, '{"openapi":"3.1.0"}'],
])('an OpenAPI document may be %s', async (_, document, passedOn) => {
  let request: ImportOpenApiRequest | undefined
  answers.policy = {
    async importOpenApi(message) {
      request = message
      return { api: Api.fromPartial({ apiId: 'orders' }), position: 5n }
    },
  }
  const body = { upstreams: ['http://127.0.0.1:9'], document }
  const reply = await console.send('/v1/environments/alpha/apis/orders/openapi', { method: 'POST', body })
  expect(reply.status).toBe(200)
  expect(request).toMatchObject({ document: passedOn, api: { apiId: 'orders', environmentId: 'alpha' } })
})

test('a plan that is shown can be put again', async () => {
  let request: PutPlanRequest | undefined
  answers.policy = {
    async putPlan(message) {
      request = message
      return { plan: Plan.fromPartial({ ...message.plan, version: 2n }), position: 6n }
    },
  }
  const rate_limits = [{ name: 'minute', requests: 600, period: '60s', burst: 0 }]
  const put = (body: object) => console.send('/v1/environments/alpha/plans/gold', { method: 'PUT', body })
  const first = await put({ display_name: 'Gold', rate_limits })
  const sent = request
  const { environment_id, plan_id, version, ...settings } = first.body.plan
  expect({ environment_id, plan_id, version }).toEqual({ environment_id: 'alpha', plan_id: 'gold', version: 2 })
  await put(settings)
  expect(request?.plan).toEqual(sent?.plan)
})

test('503 when a service is gone: no host, no port in the answer', async () => {
  const other = await startTestConsole({})
  await other.stopServices()
  const reply = await other.send('/v1/clients')
  expect(reply.body).toMatchObject({ status: 503, code: 'unavailable' })
  expect(JSON.stringify(reply.body)).not.toMatch(/127\.0\.0\.1|ECONNREFUSED/)
  await other.close()
})

test('every answer forbids sniffing, framing and caching, and names its request', async () => {
  for (const path of ['/v1/clients', '/v1/nothing', '/v1/openapi.json', '/']) {
    const { headers } = await console.send(path, { headers: { 'x-request-id': 'r-1' } })
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('x-request-id')).toBe('r-1')
  }
  expect((await console.send('/', { headers: { 'x-request-id': 'bad id' } })).headers.get('x-request-id')).not.toBe(
    'bad id',
  )
})

test('OpenAPI 3.1 names every route and refers to schemas that exist', async () => {
  const { body } = await console.send('/v1/openapi.json', { token: undefined })
  expect(body.openapi).toBe('3.1.0')
  expect(Object.keys(body.paths)).toEqual(
    expect.arrayContaining([
      '/v1/environments/{environment_id}/apis/{api_id}/openapi',
      '/v1/subscriptions/{subscription_id}/credentials',
      '/v1/api-keys/{api_key_id}/revoke',
      '/v1/decisions/follow',
      '/v1/completeness',
      '/v1/operators',
    ]),
  )
  for (const [, name] of JSON.stringify(body).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)) {
    expect(body.components.schemas).toHaveProperty([name!])
  }
})
