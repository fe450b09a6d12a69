import { afterAll, expect, test } from 'vitest'
import { exchangeOnce, type RawPeer, rawServer, startServer } from '../../test/raw.ts'
import { Upstream } from './upstream.ts'

/** What a client sees of what an upstream answers. */

const close: (() => unknown)[] = []
afterAll(() => Promise.all(close.map((one) => one())))

async function behind(serve: (peer: RawPeer, index: number) => void, addResponseHeaders?: string[]) {
  const server = await rawServer(serve)
  const upstream = new Upstream({ host: '127.0.0.1', port: server.port, headMs: 700, bodyIdleMs: 700 })
  const gateway = await startServer((exchange) =>
    exchange.forward({
      upstream,
      path: exchange.target,
      addHeaders: [],
      addResponseHeaders,
      failed: (failure) => ({ status: failure.endsWith('timeout') ? 504 : 502, headers: {}, body: failure }),
    }),
  )
  close.push(server.close, gateway.close, () => upstream.destroy())
  return { ...gateway, upstream, upstreamConnections: server.connections }
}

/** Answers each request head with `text`; `end` closes after it. */
const always =
  (text: string, end = false) =>
  (peer: RawPeer) => {
    peer.socket.on('data', () => {
      if (!peer.text.includes('\r\n\r\n')) return
      peer.text = ''
      peer.send(text)
      if (end) peer.socket.end()
    })
  }

const ask = (port: number, method = 'GET', version = '1.1') =>
  exchangeOnce(port, `${method} / HTTP/${version}\r\nHost: a\r\nConnection: close\r\n\r\n`)

test.each([
  ['both framings', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['both framings, other order', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd'],
  ['length list', 'HTTP/1.1 200 OK\r\nContent-Length: 3, 3\r\n\r\nabc'],
  ['signed length', 'HTTP/1.1 200 OK\r\nContent-Length: +3\r\n\r\nabc'],
  ['length with leading zero', 'HTTP/1.1 200 OK\r\nContent-Length: 03\r\n\r\nabc'],
  ['coding gzip, chunked', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
  ['coding twice', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['coding unknown', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: rot13\r\n\r\nabc'],
  ['chunks in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['bare LF', 'HTTP/1.1 200 OK\nContent-Length: 3\n\nabc'],
  ['folded header', 'HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 3\r\n\r\nabc'],
  ['space before colon', 'HTTP/1.1 200 OK\r\nContent-Length : 3\r\n\r\nabc'],
  ['NUL in a value', 'HTTP/1.1 200 OK\r\nX: \0\r\nContent-Length: 3\r\n\r\nabc'],
  ['status 600', 'HTTP/1.1 600 Odd\r\nContent-Length: 3\r\n\r\nabc'],
  ['status 99', 'HTTP/1.1 099 Odd\r\nContent-Length: 3\r\n\r\nabc'],
  ['101 unasked', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'],
  ['flood of 1xx', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(9)],
  ['head without end', `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(40_000)}`],
  ['201 headers', `HTTP/1.1 200 OK\r\n${'X: a\r\n'.repeat(201)}\r\n`],
  ['HTTP/2', 'HTTP/2.0 200 OK\r\nContent-Length: 3\r\n\r\nabc'],
  ['not HTTP', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
])('%s: 502, and the socket is dropped', async (_, text) => {
  const gateway = await behind(always(text))
  expect(await ask(gateway.port)).toMatch(/^HTTP\/1\.1 502 .*\r\n\r\nupstream_malformed$/s)
  expect(gateway.outcomes).toMatchObject([{ status: 502, end: 'complete', failure: 'upstream_malformed' }])
  await expect.poll(() => gateway.upstream.connections).toBe(0)
})

test.each([
  ['length', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc', 'Content-Length: 3\r\nConnection: close\r\n\r\nabc'],
  [
    'chunks',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;x\r\na\r\n2\r\nbc\r\n0\r\nX-T: u\r\n\r\n',
    'Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n',
  ],
  [
    'interim first',
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 E\r\nL: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
    'Content-Length: 0\r\nConnection: close\r\n\r\n',
  ],
])('%s passes, re-framed', async (_, text, expected) => {
  const gateway = await behind(always(text))
  expect(await ask(gateway.port)).toBe(`HTTP/1.1 200 OK\r\n${expected}`)
  expect(gateway.outcomes).toMatchObject([{ status: 200, end: 'complete', upstreamStatus: 200, failure: undefined }])
  expect(gateway.upstream.connections).toBe(1)
})

test('a body until the end of the connection is chunked for HTTP/1.1 and closes for HTTP/1.0', async () => {
  const gateway = await behind(always('HTTP/1.0 200 OK\r\n\r\nabc', true))
  expect(await ask(gateway.port)).toMatch(
    /Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n0\r\n\r\n$/,
  )
  expect(await ask(gateway.port, 'GET', '1.0')).toBe('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc')
})

test.each(['204 No Content', '304 Not Modified'])('%s has no body', async (status) => {
  const gateway = await behind(always(`HTTP/1.1 ${status}\r\n\r\n`))
  expect(await ask(gateway.port)).toBe(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`)
})

test('HEAD keeps the announced length and has no body', async () => {
  const gateway = await behind(always('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n'))
  expect(await ask(gateway.port, 'HEAD')).toBe('HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\n')
  expect(await ask(gateway.port, 'HEAD')).toContain('200 OK')
  expect(gateway.upstreamConnections()).toBe(1)
})

test('hop-by-hop headers end here, ours take the place of theirs', async () => {
  const gateway = await behind(
    always(
      'HTTP/1.1 200 OK\r\nConnection: X-Private, keep-alive\r\nX-Private: p\r\nKeep-Alive: timeout=5\r\nUpgrade: h2c\r\nProxy-Authenticate: x\r\nRateLimit: theirs\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 0\r\n\r\n',
    ),
    ['RateLimit', 'ours'],
  )
  expect(await ask(gateway.port)).toBe(
    'HTTP/1.1 200 OK\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nRateLimit: ours\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
  )
})

test('bytes after a response reach nobody and drop the socket', async () => {
  const extra = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nEVIL!'
  const gateway = await behind(always(`HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc${extra}`))
  for (let turn = 0; turn < 3; turn++) expect(await ask(gateway.port)).toMatch(/\r\n\r\nabc$/)
  expect(gateway.upstreamConnections()).toBe(3)
})

test('bytes on an idle connection drop it', async () => {
  let idle: RawPeer | undefined
  const gateway = await behind((peer) => {
    idle = peer
    always('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc')(peer)
  })
  expect(await ask(gateway.port)).toMatch(/abc$/)
  idle?.send('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nEVIL!')
  await expect.poll(() => gateway.upstream.connections).toBe(0)
  expect(await ask(gateway.port)).toMatch(/abc$/)
})

test('a body cut short by the upstream is cut short for the client', async () => {
  const gateway = await behind(always('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc', true))
  expect(await ask(gateway.port)).toMatch(/Content-Length: 10\r\n.*abc$/s)
  expect(gateway.outcomes).toMatchObject([
    { status: 200, end: 'truncated', failure: 'upstream_closed', responseBodyBytes: 3 },
  ])
})

test('bad chunks after the head cut the response, without a last chunk', async () => {
  const gateway = await behind(always('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n'))
  expect(await ask(gateway.port)).not.toContain('\r\n0\r\n\r\n')
  expect(gateway.outcomes).toMatchObject([{ end: 'truncated', failure: 'upstream_malformed' }])
})

test('no response head in time: 504', async () => {
  const gateway = await behind(() => undefined)
  expect(await ask(gateway.port)).toMatch(/^HTTP\/1\.1 504 .*upstream_head_timeout$/s)
})

test('a response body that stops is cut', async () => {
  const gateway = await behind(always('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc'))
  expect(await ask(gateway.port)).toMatch(/abc$/)
  expect(gateway.outcomes).toMatchObject([{ end: 'truncated', failure: 'upstream_body_timeout' }])
})

test('nobody listens: 502', async () => {
  const gateway = await behind(() => undefined)
  const upstream = new Upstream({ host: '127.0.0.1', port: 1 })
  const other = await startServer((exchange) =>
    exchange.forward({
      upstream,
      path: '/',
      addHeaders: [],
      failed: (failure) => ({ status: 502, headers: {}, body: failure }),
    }),
  )
  close.push(other.close)
  expect(await ask(other.port)).toMatch(/upstream_connect_failed$/)
  expect(gateway.outcomes).toEqual([])
})
