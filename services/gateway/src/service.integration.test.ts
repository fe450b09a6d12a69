import { createHash, randomBytes } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { exchangeOnce } from '../test/raw.ts'
import { call, type IssuedKey, listen, operation, startTestSystem, type TestSystem } from '../test/system.ts'

const scoped = { security: [{ requirements: [{ scheme: 'api_key', scopes: ['orders:write'] }] }] }
const operations = [
  operation('list-items', 'GET /items'),
  operation('add-item', 'POST /items', { enforcement: { audit_mode: 'write_ahead' } }),
  operation('change-item', 'PUT /items/{id}', scoped),
  operation('find-items', 'GET /find', { api_key_in_query: true }),
  operation('slow', 'GET /slow'),
  operation('broken', 'POST /broken', { enforcement: { audit_mode: 'write_ahead' } }),
]

const seen: { url: string; headers: string }[] = []
const upstream: RequestListener = async (request, response) => {
  seen.push({ url: request.url ?? '', headers: JSON.stringify(request.headers) })
  if (request.url === '/slow') return
  if (request.url === '/broken') {
    request.socket.destroy()
    return
  }
  if (request.method === 'GET') {
    request.resume().on('end', () => response.end('items'))
    return
  }
  // Comes back as it came, as it comes.
  await pipeline(request, response).catch(() => undefined)
}

let system: TestSystem
beforeAll(async () => {
  system = await startTestSystem(upstream, operations)
})
afterAll(() => system?.close())

const items = () => `${system.gateway}/orders/items`
const port = () => Number(new URL(system.gateway).port)

const bodyOf = (answer: string) => JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4))
const sequence = (answer: string) => Number(bodyOf(answer).decision_id.split('.')[2])

async function reasonOf(response: Response): Promise<string | undefined> {
  await response.arrayBuffer()
  const found = await system.decisions(`request_id=${response.headers.get('x-request-id')}`)
  expect(found).toHaveLength(1)
  return found[0]?.reason
}

test.each<[string, string, number, string]>([
  ['a bare LF', 'GET /orders/items HTTP/1.1\nHost: a\n\n', 400, 'request_malformed'],
  [
    'Content-Length with Transfer-Encoding',
    'POST /orders/items HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
    'request_malformed',
  ],
  [
    'two Content-Lengths',
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd',
    400,
    'request_malformed',
  ],
  [
    'a misspelt framing header',
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer_Encoding: chunked\r\n\r\n',
    400,
    'request_malformed',
  ],
  ['a folded header', 'GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n', 400, 'request_malformed'],
  ['a space before the colon', 'GET / HTTP/1.1\r\nHost : a\r\n\r\n', 400, 'request_malformed'],
  ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400, 'request_malformed'],
  [
    'a head over 16 KiB',
    `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(17_000)}\r\n\r\n`,
    431,
    'request_head_too_large',
  ],
  ['101 headers', `GET / HTTP/1.1\r\nHost: a\r\n${'X: y\r\n'.repeat(101)}\r\n`, 431, 'request_head_too_large'],
  ['a target over 8 KiB', `GET /${'x'.repeat(8200)} HTTP/1.1\r\nHost: a\r\n\r\n`, 414, 'request_head_too_large'],
  ['an unknown method', 'FETCH / HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'request_malformed'],
  ['CONNECT', 'CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n', 501, 'method_unsupported'],
  ['HTTP/0.9', 'GET /\r\n\r\n', 400, 'request_malformed'],
  ['HTTP/1.2', 'GET / HTTP/1.2\r\nHost: a\r\n\r\n', 505, 'version_unsupported'],
  ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', 400, 'request_malformed'],
  [
    'an encoded slash',
    'GET /orders/..%2fadmin HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    400,
    'path_malformed',
  ],
])('%s: answered and recorded once', async (_, text, status, reason) => {
  const before = sequence(await exchangeOnce(port(), 'GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'))
  const answer = await exchangeOnce(port(), text)
  expect(answer.match(/^HTTP\/1\.1 \d{3} /gm)).toEqual([`HTTP/1.1 ${status} `])
  const { request_id } = bodyOf(answer)
  const [decision, ...more] = await system.decisions(`request_id=${request_id}`)
  expect(more).toEqual([])
  expect(decision).toMatchObject({ reason, allowed: false, record: { http_response: { code: status } } })
  expect(sequence(answer)).toBe(before + 1)
})

test('keys that were good and are no more: the same answer, and the record says why', async () => {
  const used: [string, IssuedKey][] = []
  const end = async (reason: string, path: string, body: object = {}) => {
    const key = await system.issue()
    expect((await call(items(), key)).status).toBe(200)
    const { position } = await system.manage<{ position: string }>('POST', `api-keys/${key.id}/${path}`, body)
    used.push([reason, { ...key, position }])
  }
  await end('api_key_revoked', 'revoke')
  await end('api_key_suspended', 'suspend')
  await end('api_key_expired', 'expire', { expire_time: new Date(Date.now() - 1000).toISOString() })
  used.push([
    'credential_malformed',
    { ...system.key, key: system.key.key.replace(/.$/, (last) => (last === 'z' ? 'y' : 'z')) },
  ])
  used.push(['credential_unknown', { ...system.key, key: 'a-key-that-never-was-here-0123' }])
  const shapes = new Set<string>()
  for (const [reason, key] of used) {
    const response = await call(items(), key)
    const { decision_id, request_id, ...shape } = (await response.clone().json()) as Record<string, string>
    shapes.add(`${response.status} ${response.headers.get('www-authenticate')} ${JSON.stringify(shape)}`)
    expect([decision_id, request_id].every(Boolean)).toBe(true)
    expect(await reasonOf(response)).toBe(reason)
  }
  expect([...shapes]).toHaveLength(1)
})

test('a key that is restricted opens only from there, only that, and only with those scopes', async () => {
  const subscription = await system.subscribe('orders', { scopes: ['orders:read', 'orders:write'] })
  const key = (restrictions: object) => system.issue({ subscription_id: subscription, restrictions })
  const put = { method: 'PUT', body: 'x' }
  const item = `${system.gateway}/orders/items/1`
  expect(await reasonOf(await call(items(), await key({ cidrs: ['10.0.0.0/8', '::1/128'] })))).toBe('ip_not_allowed')
  expect((await call(items(), await key({ cidrs: ['127.0.0.1/32'] }))).status).toBe(200)
  const listing = await key({ operations: ['list-items'] })
  expect((await call(items(), listing)).status).toBe(200)
  expect(await reasonOf(await call(item, listing, put))).toBe('operation_not_entitled')
  const reading = await key({ scopes: ['orders:read'] })
  const denied = await call(item, reading, put)
  expect(denied.headers.get('www-authenticate')).toContain('error="insufficient_scope"')
  expect(await reasonOf(denied)).toBe('scope_missing')
  expect((await call(item, await key({}), put)).status).toBe(200)
  expect(seen.at(-1)?.headers).toContain('"x-scopes":"orders:read orders:write"')
})

test('a key in the query is neither in the record, nor in a log, nor sent on', async () => {
  const { key, position } = await system.issue()
  const headers = { 'x-gatehouse-position': position }
  const found = await fetch(`${system.gateway}/orders/find?q=1&api_key=${key}`, { headers })
  expect([found.status, seen.at(-1)?.url]).toEqual([200, '/find?q=1'])
  expect((await fetch(`${items()}?api_key=${key}`, { headers })).status).toBe(401)
  const [decision] = await system.decisions(`request_id=${found.headers.get('x-request-id')}`)
  const secret = key.split('_')[3] ?? 'none'
  for (const text of [JSON.stringify(decision), system.log.join(''), JSON.stringify(seen)])
    expect(text).not.toContain(secret)
})

test('HEAD answers as GET without a body; OPTIONS is no way round', async () => {
  const head = await call(items(), system.key, { method: 'HEAD' })
  expect([head.status, await head.text()]).toEqual([200, ''])
  const options = await call(items(), system.key, { method: 'OPTIONS' })
  expect([options.status, options.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST'])
})

test('10,000 operations are matched, the last as the first', async () => {
  const many = Array.from({ length: 10_000 }, (_, n) => operation(`op-${n}`, `GET /things/${n}/{id}`))
  const path = 'environments/alpha/apis/many'
  await system.manage('PUT', path, { ...system.settings, operations: many })
  const subscription = await system.subscribe('many')
  const key = await system.issue({ subscription_id: subscription })
  for (const n of [0, 9_999]) {
    const response = await call(`${system.gateway}/many/things/${n}/1`, key)
    const [decision] = await system.decisions(`request_id=${response.headers.get('x-request-id')}`)
    expect(decision?.record['api']).toMatchObject({ operation: `op-${n}` })
  }
  expect((await call(`${system.gateway}/many/things/10000/1`, key)).status).toBe(404)
})

test('an upstream that is down, too slow or breaks off: a problem, and one record that says it was allowed', async () => {
  const forwarding = { connect_timeout: '1s', response_timeout: '300ms' }
  const put = (upstreams: string[]) =>
    system.manage<{ position: string }>('PUT', 'environments/alpha/apis/frail', { upstreams, operations, forwarding })
  await put(system.settings.upstreams)
  const subscription = await system.subscribe('frail')
  const key = await system.issue({ subscription_id: subscription })
  const slow = await call(`${system.gateway}/frail/slow`, key)
  expect([slow.status, await reasonOf(slow)]).toEqual([504, 'ok'])
  const broken = await call(`${system.gateway}/frail/broken`, key, { method: 'POST' })
  expect([broken.status, await reasonOf(broken)]).toEqual([502, 'ok'])
  const { position } = await put(['http://127.0.0.1:1'])
  const down = await call(`${system.gateway}/frail/items`, { ...key, position })
  expect(down.headers.get('content-type')).toBe('application/problem+json')
  expect([down.status, await reasonOf(down)]).toEqual([502, 'ok'])
})

test('100 MB up and down at once come back whole', async () => {
  const piece = randomBytes(1 << 20)
  const sent = createHash('sha256')
  const body = async function* () {
    for (let n = 0; n < 100; n++) {
      sent.update(piece)
      yield piece
    }
  }
  const init = { method: 'POST', body: body(), duplex: 'half' } as RequestInit
  const response = await call(items(), system.key, init)
  const received = createHash('sha256')
  for await (const chunk of response.body ?? []) received.update(chunk)
  expect(received.digest('hex')).toBe(sent.digest('hex'))
})

test('an API that changes its upstream while requests flow: none is lost', async () => {
  const other = await listen((request, response) => request.resume().on('end', () => response.end('other')))
  const upstreams = [`http://127.0.0.1:${other.port}`, ...system.settings.upstreams]
  const path = 'environments/alpha/apis/moving'
  await system.manage('PUT', path, { ...system.settings, operations })
  const key = await system.issue({ subscription_id: await system.subscribe('moving') })
  let changing = true
  const statuses: number[] = []
  const bodies = new Set<string>()
  const flow = async () => {
    while (changing) {
      const response = await call(`${system.gateway}/moving/items`, key)
      statuses.push(response.status)
      bodies.add(await response.text())
    }
  }
  const flows = Array.from({ length: 8 }, flow)
  for (let n = 0; n < 10; n++) await system.manage('PUT', path, { upstreams: [upstreams[n % 2]], operations })
  changing = false
  await Promise.all(flows)
  other.close()
  expect(new Set(statuses)).toEqual(new Set([200]))
  expect(bodies).toEqual(new Set(['items', 'other']))
})

test('the metrics tell what happened without a key, an id or a path', async () => {
  const text = await (await fetch(`http://127.0.0.1:${system.opsPort}/metrics`)).text()
  expect(text).toMatch(
    /http_server_request_duration_seconds_count\{service="gateway",http_request_method="GET",http_response_status_code="200",error_type=""/,
  )
  expect(text).toMatch(/http_client_request_duration_seconds_count\{service="gateway",http_response_status_code="200"/)
  expect(text).toMatch(/gatehouse_upstream_failures_total\{reason="upstream_head_timeout"[^}]*\} 1/)
  expect(text).toMatch(/gatehouse_decisions_total\{outcome="deny",reason="api_key_revoked",method="api_key"/)
  for (const id of [system.key.id, system.subscription, 'shop', '/items', 'gh_alpha']) expect(text).not.toContain(id)
})
