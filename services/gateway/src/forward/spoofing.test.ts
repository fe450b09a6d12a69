import { afterAll, beforeAll, expect, test } from 'vitest'
import { exchangeOnce, rawServer, startServer } from '../../test/raw.ts'
import type { Exchange } from '../http1/exchange.ts'
import { clientAddress } from './forwarded-for.ts'
import { nameSet } from './name-set.ts'
import { Upstream } from './upstream.ts'

/** What the upstream sees of what a client sent. */

let seen = ''
let close: (() => void)[] = []
let port = 0
let behindProxyPort = 0

beforeAll(async () => {
  const server = await rawServer((peer) => {
    peer.socket.on('data', () => {
      if (!peer.text.includes('\r\n\r\n')) return
      seen = peer.text
      peer.text = ''
      peer.send('HTTP/1.1 204 No Content\r\n\r\n')
    })
  })
  const upstream = new Upstream({ host: '127.0.0.1', port: server.port })
  const removeHeaders = nameSet(['x-api-key', 'Authorization'])
  const handle = (exchange: Exchange) =>
    exchange.forward({
      upstream,
      path: exchange.target,
      removeHeaders,
      addHeaders: ['X-User-Id', 'alice', 'X-Client-Id', 'c1', 'traceparent', 'ours'],
      failed: (failure) => ({ status: 502, headers: {}, body: failure }),
    })
  const gateway = await startServer(handle)
  const behindProxy = await startServer(handle, { trustedProxies: 2 })
  port = gateway.port
  behindProxyPort = behindProxy.port
  close = [server.close, gateway.close, behindProxy.close, () => upstream.destroy()]
})

afterAll(() => Promise.all(close.map((one) => one())))

const send = (headers: string, to = port) =>
  exchangeOnce(to, `GET /x HTTP/1.1\r\nHost: api.test\r\nConnection: close\r\n${headers}\r\n`)

test.each([
  'X-User-Id: root',
  'x-user-id: root',
  'x_user_id: root',
  'X_User-ID: root',
  'X-User-Id: root\r\nX-User-Id: root',
  'X-Client-Id: root',
  'X_CLIENT_ID: root',
  'X-Scopes: root',
  'X-Roles: root',
  'X-Auth-Method: root',
  'X-Request-Id: root',
  'X-Gatehouse-Anything: root',
  'x_gatehouse_decision: root',
  'TraceParent: root',
  'Client-Cert: root',
  'Client_Cert-Chain: root',
  'Forwarded: for=root',
  'X-Forwarded-For: root',
  'X_Forwarded_For: root',
  'X-Forwarded-Prefix: root',
  'X-Real-IP: root',
  'X-Original-URL: /root',
  'X-Rewrite-URL: /root',
  'X-HTTP-Method-Override: root',
  'X-Api-Key: root',
  'x_api_key: root',
  'AUTHORIZATION: root',
  'Proxy-Authorization: root',
  'Keep-Alive: root',
  'Proxy-Connection: root',
  'TE: root',
  'Trailer: root',
  'Connection: X-Private\r\nX-Private: root',
  'Connection: X-Private\r\nX_private: root',
])('%s does not reach the upstream', async (headers) => {
  await send(`${headers}\r\n`)
  expect(seen).toMatch(/^GET \/x HTTP\/1\.1\r\n/)
  expect(seen).not.toContain('root')
})

test('the head is rebuilt: what passes, and what is set', async () => {
  await send('Accept:text/html\r\nX-Other: \t a  b \t\r\n')
  expect(seen.split('\r\n')).toEqual([
    'GET /x HTTP/1.1',
    expect.stringMatching(/^Host: 127\.0\.0\.1:\d+$/),
    'Accept: text/html',
    'X-Other: a  b',
    'X-Forwarded-For: 127.0.0.1',
    'X-Forwarded-Proto: http',
    'X-Forwarded-Host: api.test',
    'X-User-Id: alice',
    'X-Client-Id: c1',
    'traceparent: ours',
    '',
    '',
  ])
})

test('Connection cannot remove what the gateway adds', async () => {
  await send('Connection: X-User-Id, X-Forwarded-For, X-Client-Id, Host, close\r\n')
  expect(seen).toContain('X-User-Id: alice\r\n')
  expect(seen).toContain('X-Client-Id: c1\r\n')
  expect(seen).toContain('X-Forwarded-For: 127.0.0.1\r\n')
  expect(seen).toContain('Host: 127.0.0.1')
})

test('trailers are dropped', async () => {
  await exchangeOnce(
    port,
    'POST /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-User-Id: root\r\n\r\n',
  )
  expect(seen).not.toContain('root')
})

test('behind two trusted proxies two hops are believed, and no more', async () => {
  await send(
    'X-Forwarded-For: 6.6.6.6, 1.2.3.4\r\nX-Forwarded-For: 10.0.0.1\r\nX-Forwarded-Proto: https\r\n',
    behindProxyPort,
  )
  expect(seen).toContain('X-Forwarded-For: 1.2.3.4, 10.0.0.1, 127.0.0.1\r\n')
  expect(seen).toContain('X-Forwarded-Proto: https\r\n')
  expect(seen).not.toContain('6.6.6.6')
})

test.each([
  ['none trusted', ['1.2.3.4'], 0, '9.9.9.9'],
  ['one', ['6.6.6.6, 1.2.3.4'], 1, '1.2.3.4'],
  ['two', ['6.6.6.6, 1.2.3.4, 10.0.0.1'], 2, '1.2.3.4'],
  ['fewer entries than trusted', ['1.2.3.4'], 3, '1.2.3.4'],
  ['no header', [], 2, '9.9.9.9'],
  ['IPv4-mapped', ['::ffff:1.2.3.4'], 1, '1.2.3.4'],
  ['IPv6', ['2001:db8::1'], 1, '2001:db8::1'],
  ['zone id', ['fe80::1%eth0'], 1, '9.9.9.9'],
  ['octal', ['010.1.1.1'], 1, '9.9.9.9'],
  ['with port', ['1.2.3.4:80'], 1, '9.9.9.9'],
  ['a word', ['1.2.3.4, unknown'], 2, '9.9.9.9'],
  ['100 hops', [Array.from({ length: 100 }, (_, n) => `10.0.0.${n}`).join(',')], 2, '10.0.0.98'],
])('client address: %s', (_, lines, trusted, address) => {
  expect(clientAddress('9.9.9.9', lines, trusted)).toBe(address)
})

test.each([
  ['a path with CRLF', { path: '/x HTTP/1.1\r\nX-User-Id: root' }],
  ['a path with a space', { path: '/x y' }],
  ['a path without slash', { path: 'x' }],
  ['a header value with CRLF', { addHeaders: ['X-A', 'a\r\nX-User-Id: root'] }],
  ['a header value whose low byte is LF', { addHeaders: ['X-A', 'a\u010aX-User-Id: root'] }],
  ['a header name with a colon', { addHeaders: ['X-A: b\r\nX', 'a'] }],
  ['a framing header', { addHeaders: ['Content-Length', '7'] }],
])('a plan with %s is refused, and the client gets a 500 without a word', async (_, part) => {
  seen = ''
  const upstream = new Upstream({ host: '127.0.0.1', port: 1 })
  const gateway = await startServer((exchange) =>
    exchange.forward({ upstream, path: '/', addHeaders: [], failed: () => ({ status: 502, headers: {} }), ...part }),
  )
  const answer = await exchangeOnce(gateway.port, 'GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  expect(answer).toMatch(/^HTTP\/1\.1 500 .*\r\nContent-Length: 0\r\n/s)
  expect(gateway.outcomes).toMatchObject([{ status: 500, failure: 'handler_failed' }])
  await gateway.close()
})
