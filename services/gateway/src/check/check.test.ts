import { ApiKeyState } from '@gatehouse/contracts/credential/v1/api_key'
import { ClientState } from '@gatehouse/contracts/credential/v1/client'
import { SubscriptionState } from '@gatehouse/contracts/credential/v1/subscription'
import { digestSecret, mintSecret } from '@gatehouse/credential-format'
import { ReadModelUnavailable } from '@gatehouse/read-model'
import { afterEach, expect, test } from 'vitest'
import { type Deciding, deciding } from '../../test/deciding.ts'
import { key, keyId } from '../../test/deciding-facts.ts'
import { connect, exchangeOnce } from '../../test/raw.ts'
import { CountersUnavailable } from '../counters/counters.ts'

let gateway: Deciding
afterEach(() => gateway.close())

function request(target: string, headers: Record<string, string> = {}, method = 'GET'): string {
  const lines = Object.entries({ Host: 'a', Connection: 'close', ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  )
  return `${method} ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`
}

const withKey = { 'X-API-Key': key }
const ask = (target: string, headers?: Record<string, string>, method?: string) =>
  exchangeOnce(gateway.port, request(target, headers, method))
const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1])

test('allowed: position, authenticate, limit, record on disk, and only then the upstream', async () => {
  gateway = await deciding()
  await gateway.put.all()
  const answer = await ask('/orders/strict', { ...withKey, 'X-Gatehouse-Position': 'credential:3' })
  expect(answer).toMatch(/^HTTP\/1\.1 200 .*from the upstream$/s)
  expect(gateway.order).toEqual(['position', 'authenticate', 'limit', 'disk', 'upstream'])
  expect(await gateway.record()).toMatchObject({
    status_code: 'ok',
    gatehouse: { operation: 'strict', client_id: 'c1', credential_id: keyId, positions: { credential: 7, policy: 3 } },
  })
})

test('a request with every fault is refused for the first of the table, and each one that is mended shows the next', async () => {
  gateway = await deciding()
  const { put, state } = gateway
  let target = '/nothing/..%2f'
  const headers: Record<string, string> = { 'X-Gatehouse-Position': 'soon', 'X-API-Key': 'no' }
  state.reach = async () => false
  state.stale = Number.POSITIVE_INFINITY
  state.proven = Number.POSITIVE_INFINITY
  await put.key({
    state: ApiKeyState.API_KEY_STATE_REVOKED,
    expireTime: new Date(1),
    digest: new Uint8Array(32),
    restrictions: { cidrs: ['10.0.0.0/8'], operations: ['list'], scopes: ['write'] },
  })
  await put.client(ClientState.CLIENT_STATE_SUSPENDED)
  await put.subscription({ state: SubscriptionState.SUBSCRIPTION_STATE_PENDING, apiId: 'other', planId: 'none' })

  const restrictions = { cidrs: ['10.0.0.0/8'], operations: ['list'], scopes: ['write'] }
  const revoked = { state: ApiKeyState.API_KEY_STATE_REVOKED, expireTime: new Date(1), restrictions }
  const steps: [reason: string, status: number, mend: () => unknown][] = [
    ['position_malformed', 400, () => (headers['X-Gatehouse-Position'] = 'credential:9')],
    ['position_not_reached', 503, () => (state.reach = async () => true)],
    ['path_malformed', 400, () => (target = '/nothing/here')],
    ['read_model_unavailable', 503, () => (state.stale = 0)],
    ['no_api', 404, () => (target = '/orders/nothing')],
    ['no_operation', 404, () => (target = '/orders/strict')],
    ['state_stale', 503, () => (state.proven = 0)],
    ['credential_malformed', 401, () => (headers['X-API-Key'] = key)],
    ['credential_mismatch', 401, () => put.key(revoked)],
    ['api_key_revoked', 401, () => put.key({ ...revoked, state: ApiKeyState.API_KEY_STATE_ACTIVE })],
    ['api_key_expired', 401, () => put.key({ restrictions })],
    ['client_suspended', 403, () => put.client()],
    ['subscription_pending', 403, () => put.subscription({ apiId: 'other', planId: 'none' })],
    ['api_not_entitled', 403, () => put.subscription({ planId: 'none' })],
    ['plan_unknown', 403, () => put.subscription()],
    ['ip_not_allowed', 403, () => put.key({ restrictions: { ...restrictions, cidrs: ['127.0.0.0/8'] } })],
    ['operation_not_entitled', 403, () => put.key({ restrictions: { cidrs: [], operations: [], scopes: ['write'] } })],
    ['scope_missing', 403, () => put.key()],
    ['ok', 200, () => undefined],
    ['rate_limited', 429, () => undefined],
  ]
  for (const [reason, status, mend] of steps) {
    expect(gateway.upstream.requests).toHaveLength(reason === 'rate_limited' ? 1 : 0)
    const answer = await ask(target, headers)
    expect([reason, statusOf(answer)]).toEqual([(await gateway.record()).status_code, status])
    await mend()
  }
  expect(gateway.upstream.requests).toHaveLength(1)
})

test('what is denied before the limits is not counted against them', async () => {
  gateway = await deciding()
  await gateway.put.all()
  await gateway.put.key({ state: ApiKeyState.API_KEY_STATE_SUSPENDED })
  for (let n = 0; n < 3; n++) expect(statusOf(await ask('/orders/strict', withKey))).toBe(401)
  expect(gateway.order).not.toContain('limit')
  await gateway.put.key()
  expect(statusOf(await ask('/orders/strict', withKey))).toBe(200)
})

test('keys that fail in different ways look alike to the byte, but for the ids', async () => {
  gateway = await deciding()
  await gateway.put.all()
  const unknown = mintSecret('api_key', { environmentId: 'alpha', id: 'bbbbbbbbbbbbbbbb', secret: new Uint8Array(32) })
  const wrongSecret = mintSecret('api_key', { environmentId: 'alpha', id: keyId, secret: new Uint8Array(32) })
  const cases: [reason: string, headers: Record<string, string>, state?: ApiKeyState, expireTime?: Date][] = [
    ['credential_malformed', { 'X-API-Key': key.replace(/.$/, (last) => (last === 'x' ? 'y' : 'x')) }],
    ['credential_malformed', { 'X-API-Key': '' }],
    ['credential_unknown', { 'X-API-Key': unknown }],
    ['credential_unknown', { 'X-API-Key': 'a-key-of-another-product' }],
    ['credential_mismatch', { 'X-API-Key': wrongSecret }],
    ['credential_ambiguous', { 'X-API-Key': key, Authorization: `ApiKey ${key}` }],
    ['credential_ambiguous', { 'X-API-Key': `${key}\r\nX-API-Key: ${key}` }],
    ['credential_ambiguous', { Authorization: `ApiKey ${key}\r\nAuthorization: ApiKey ${key}` }],
    ['api_key_revoked', withKey, ApiKeyState.API_KEY_STATE_REVOKED],
    ['api_key_suspended', withKey, ApiKeyState.API_KEY_STATE_SUSPENDED],
    ['api_key_state_unknown', withKey, ApiKeyState.API_KEY_STATE_UNSPECIFIED],
    ['api_key_expired', withKey, ApiKeyState.API_KEY_STATE_ACTIVE, new Date(1)],
  ]
  const seen = new Set<string>()
  for (const [reason, headers, state = ApiKeyState.API_KEY_STATE_ACTIVE, expireTime] of cases) {
    await gateway.put.key({ state, expireTime })
    const answer = await ask('/orders/items', headers)
    expect((await gateway.record()).status_code).toBe(reason)
    seen.add(
      answer.replaceAll(/test\.\d+\.\d+|[0-9a-f]{16}-\w+/g, '#').replace(/Date: .*\r\n|Content-Length: \d+\r\n/g, ''),
    )
  }
  expect([...seen]).toHaveLength(1)
  expect([...seen][0]).toContain('WWW-Authenticate: ApiKey realm="gatehouse", error="invalid_token"')
})

test('a key that was brought in by its hash opens what its id says', async () => {
  gateway = await deciding()
  await gateway.put.all()
  await gateway.put.key({ digest: digestSecret('an-old-key-0123456789') })
  await gateway.put.digest('an-old-key-0123456789')
  expect(statusOf(await ask('/orders/items', { Authorization: 'ApiKey an-old-key-0123456789' }))).toBe(200)
  expect(statusOf(await ask('/orders/items', { 'X-API-Key': 'an-old-kez-0123456789' }))).toBe(401)
})

test.each(['api_key/aaaaaaaaaaaaaaaa', 'client/c1', 'subscription/s1'])(
  'parked %s: nothing is known, 503',
  async (entry) => {
    gateway = await deciding()
    await gateway.put.all()
    await gateway.put.parked(entry)
    expect(statusOf(await ask('/orders/items', withKey))).toBe(503)
    expect((await gateway.record()).status_code).toBe('read_model_unavailable')
  },
)

test.each([
  ['read_model_unavailable', 503, new ReadModelUnavailable('gone')],
  ['internal_error', 500, new Error('a fault')],
])('views that reject at once or late: %s', async (reason, status, error) => {
  for (const apiKey of [
    () => Promise.reject(error),
    () => {
      throw error
    },
  ]) {
    const views = { apiKey } as never
    gateway = await deciding({ views })
    expect(statusOf(await ask('/orders/items', withKey))).toBe(status)
    expect((await gateway.record()).status_code).toBe(reason)
    if (apiKey.length === 0) expect(gateway.failures).toEqual([error])
  }
})

test('counters that do not answer: 503, and nothing goes to the upstream', async () => {
  const consume = () => Promise.reject(new CountersUnavailable('gone'))
  gateway = await deciding({ counters: { consume, close: async () => undefined } })
  await gateway.put.all()
  expect(statusOf(await ask('/orders/items', withKey))).toBe(503)
  expect((await gateway.record()).status_code).toBe('limiter_unavailable')
  expect(gateway.upstream.requests).toEqual([])
})

test('an API without upstream: 500 on record, once', async () => {
  gateway = await deciding()
  await gateway.put.all()
  await gateway.put.subscription({ apiId: 'nowhere' })
  expect(statusOf(await ask('/nowhere/items', withKey))).toBe(500)
  expect((await gateway.record()).status_code).toBe('internal_error')
})

test('HEAD is decided as GET; another method is 405 with what there is', async () => {
  gateway = await deciding()
  await gateway.put.all()
  expect(await ask('/orders/items', withKey, 'HEAD')).toMatch(/^HTTP\/1\.1 200 .*\r\n\r\n$/s)
  const denied = await ask('/orders/items', withKey, 'OPTIONS')
  expect(denied).toContain('Allow: GET, HEAD, POST, PUT\r\n')
  expect(statusOf(denied)).toBe(405)
  expect(statusOf(await ask('*', {}, 'OPTIONS'))).toBe(400)
})

test('an operation without security asks for nothing, and its credential headers go no further', async () => {
  gateway = await deciding()
  expect(
    statusOf(await ask('/orders/open?api_key=secret&x=1', { 'X-API-Key': 'junk', Authorization: 'Basic x' })),
  ).toBe(200)
  const [seen] = gateway.upstream.requests
  expect(seen?.url).toBe('/open?x=1')
  expect(seen?.headers).not.toHaveProperty('x-api-key')
  expect(seen?.headers).not.toHaveProperty('authorization')
  expect(seen?.headers['x-auth-method']).toBe('none')
})

test('a key in the query opens only what allows it there, and goes neither into the record nor to the upstream', async () => {
  gateway = await deciding()
  await gateway.put.all()
  const spelt = `a=%31&%61pi_key=${key}&b`
  expect(statusOf(await ask(`/orders/items?${spelt}`))).toBe(401)
  expect(statusOf(await ask(`/orders/query?${spelt}`))).toBe(200)
  expect(statusOf(await ask(`/orders/query?${spelt}&api_key=${key}`))).toBe(401)
  expect(statusOf(await ask(`/orders/query?${spelt}`, withKey))).toBe(401)
  expect(statusOf(await ask(`/orders/items?${spelt}`, withKey))).toBe(200)
  expect(gateway.upstream.requests.map(({ url }) => url)).toEqual(['/query?a=%31&b', '/items?a=%31&b'])
  expect(JSON.stringify(await gateway.records())).not.toContain(key.slice(0, 30))
  expect(statusOf(await ask(`/orders/passed?${spelt}`))).toBe(200)
  expect(gateway.upstream.requests[2]?.url).toBe(`/passed?${spelt}`)
})

test('the trace of the caller goes on; one that is malformed begins anew', async () => {
  gateway = await deciding()
  const trace = '0af7651916cd43dd8448eb211c80319c'
  await ask('/orders/open', { traceparent: `00-${trace}-b7ad6b7169203331-01` })
  await ask('/orders/open', { traceparent: `00-${'0'.repeat(32)}-b7ad6b7169203331-01` })
  await ask('/orders/open', { traceparent: `00-${trace}-b7ad6b7169203331-01\r\ntraceparent: x` })
  const sent = gateway.upstream.requests.map(({ headers }) => String(headers['traceparent']))
  expect(sent[0]).toMatch(new RegExp(`^00-${trace}-(?!b7ad6b7169203331)[0-9a-f]{16}-01$`))
  for (const other of sent.slice(1)) expect(other).toMatch(/^00-(?!0{32})[0-9a-f]{32}-[0-9a-f]{16}-00$/)
  expect(sent[2]).not.toContain(trace)
})

test('a client that leaves while its position is waited for gets no answer, so there is no record', async () => {
  gateway = await deciding()
  const waiting = Promise.withResolvers<boolean>()
  gateway.state.reach = () => waiting.promise
  const peer = await connect(gateway.port)
  peer.send(request('/orders/open', { 'X-Gatehouse-Position': 'policy:9' }))
  await expect.poll(() => gateway.order).toEqual(['position'])
  peer.socket.resetAndDestroy()
  await expect.poll(() => gateway.outcomes).toMatchObject([{ end: 'client_aborted', status: 0 }])
  waiting.resolve(true)
  expect(statusOf(await ask('/orders/open'))).toBe(200)
  expect(await gateway.records()).toHaveLength(1)
  expect(gateway.failures).toEqual([])
})
