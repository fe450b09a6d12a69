import { createHash } from 'node:crypto'
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
import { notFound } from '@gatehouse/errors'
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
  answers.token = {}
  answers.audit = {}
})

afterAll(() => console.close())

const key = {
  ...ApiKey.fromPartial({ apiKeyId: 'k1', state: 1, createTime: new Date('2026-11-23T04:00:00Z'), version: 7n }),
  restrictions: { cidrs: ['10.0.0.0/8'], operations: [], scopes: [] },
}
const secret = 'gh_alpha_k1_Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA_9f3c2d'
const shownKey = { api_key_id: 'k1', state: 'active', create_time: '2026-11-23T04:00:00.000Z', version: 7 }

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
      '/v1/clients/{client_id}/secrets',
      '/v1/initial-access-tokens',
      '/v1/users/{user_id}/password',
      '/v1/grants/{grant_id}/revoke',
      '/v1/signing-keys/rotate',
      '/v1/tokens/revoke-before',
      '/v1/decisions/follow',
      '/v1/completeness',
      '/v1/ledger/export',
      '/v1/operators',
    ]),
  )
  for (const [, name] of JSON.stringify(body).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)) {
    expect(body.components.schemas).toHaveProperty([name!])
  }
})
