import { afterEach, expect, test } from 'vitest'
import { before, closeAll, GET, get, nodeServer, rawUpstream, readAll } from '../../test/forwarding.ts'
import { connect, exchangeOnce, startServer } from '../../test/raw.ts'
import { Upstream } from './upstream.ts'

afterEach(closeAll)

test('a request and its response pass a real upstream, over one kept connection', async () => {
  const sockets = new Set<unknown>()
  const port = await nodeServer(async (request, response) => {
    sockets.add(request.socket)
    const body = await readAll(request)
    response.setHeader('X-Body', body.toString('latin1'))
    response.end(`${request.method} ${request.url}`)
  })
  const gateway = await before(port)
  const peer = await connect(gateway.port)
  peer.send(get())
  await peer.until(/GET \/x$/)
  peer.send('PUT /y?z HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc')
  expect(await peer.until(/PUT \/y\?z$/)).toContain('X-Body: abc\r\n')
  peer.send('POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n1\r\nf\r\n0\r\n\r\n')
  expect(await peer.until(/POST \/c$/)).toContain('X-Body: def\r\n')
  peer.socket.destroy()
  expect(sockets.size).toBe(1)
  expect(gateway.outcomes).toMatchObject([
    { status: 200, requestBodyBytes: 0, responseBodyBytes: 6, upstreamStatus: 200 },
    { requestBodyBytes: 3 },
    { requestBodyBytes: 3 },
  ])
  expect(gateway.outcomes[0]?.upstreamMs).toBeGreaterThan(0)
})

test('a body that is here before the decision reaches the upstream, also over a kept connection', async () => {
  const port = await nodeServer(async (request, response) => response.end(`<${await readAll(request)}>`))
  const upstream = new Upstream({ host: '127.0.0.1', port })
  const failed = () => ({ status: 502, headers: {} })
  const gateway = await startServer(async (exchange) => {
    // One write of the client, one read here: the turn that brought the head brought the body.
    await new Promise((resolve) => setImmediate(resolve))
    exchange.forward({ upstream, path: '/', addHeaders: [], failed })
  })
  const peer = await connect(gateway.port)
  for (let n = 0; n < 3; n++) {
    peer.text = ''
    peer.send('PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc')
    await peer.until(/<abc>$/)
  }
  peer.socket.destroy()
  upstream.destroy()
  await gateway.close()
})

test('a chunked request cut at every byte reaches the upstream alike', async () => {
  const port = await nodeServer(async (request, response) => response.end(`<${await readAll(request)}>`))
  const gateway = await before(port)
  const request =
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n1\r\nd\r\n0\r\nX: y\r\n\r\n'
  const peer = await connect(gateway.port)
  for (let cut = 1; cut < request.length; cut++) {
    peer.text = ''
    peer.send(request.slice(0, cut))
    await new Promise((resolve) => setImmediate(resolve))
    peer.send(request.slice(cut))
    await peer.until(/<abcd>$/)
  }
  peer.socket.destroy()
  expect(gateway.outcomes).toHaveLength(request.length - 1)
})

test('a response cut at every byte reaches the client alike', async () => {
  const text = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX: y\r\n\r\n3;x\r\nUVW\r\n1\r\nX\r\n0\r\nT: u\r\n\r\n'
  let cut = 0
  const server = await rawUpstream((peer) => {
    peer.socket.on('data', () => {
      peer.send(text.slice(0, cut))
      setImmediate(() => peer.send(text.slice(cut)))
    })
  })
  const gateway = await before(server.port)
  const peer = await connect(gateway.port)
  for (cut = 1; cut < text.length; cut++) {
    peer.text = ''
    peer.send(get())
    const [head, body] = (await peer.until(/\r\n0\r\n\r\n$/)).split(/\r\n\r\n(.*)/s)
    expect(head).toBe('HTTP/1.1 200 OK\r\nX: y\r\nTransfer-Encoding: chunked')
    expect(body?.replaceAll(/[0-9a-f]+\r\n|\r\n/g, '')).toBe('UVWX')
  }
  peer.socket.destroy()
  expect(server.connections()).toBe(1)
})

test('100 Continue comes when the request is forwarded, and Expect does not go on', async () => {
  const headers: unknown[] = []
  const port = await nodeServer(async (request, response) => {
    headers.push(request.headers.expect)
    response.end(await readAll(request))
  })
  const gateway = await before(port)
  const peer = await connect(gateway.port)
  peer.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n')
  expect(await peer.until(/\r\n\r\n$/)).toBe('HTTP/1.1 100 Continue\r\n\r\n')
  peer.send('abc')
  await peer.until(/\r\n\r\nabc$/)
  peer.socket.destroy()
  expect(headers).toEqual([undefined])
})

test('a client that goes ends its request at the upstream', async () => {
  const events: string[] = []
  const port = await nodeServer((request, response) => {
    response.on('close', () => events.push('closed'))
    if (request.url === '/stream') response.write('first')
  })
  const gateway = await before(port)
  for (const path of ['/wait', '/stream']) {
    const peer = await connect(gateway.port)
    peer.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)
    if (path === '/stream') await peer.until(/first/)
    else await expect.poll(() => gateway.upstream.connections).toBe(1)
    peer.socket.resetAndDestroy()
    await expect.poll(() => gateway.upstream.connections).toBe(0)
  }
  expect(gateway.outcomes).toMatchObject([
    { end: 'client_aborted', status: 0 },
    { end: 'client_aborted', status: 200, responseBodyBytes: 5 },
  ])
})

test('a body cut off by its client is not a request to the upstream', async () => {
  const ends: string[] = []
  const port = await nodeServer((request) => {
    request.on('end', () => ends.push('whole')).on('error', () => ends.push('cut'))
    request.resume()
  })
  const gateway = await before(port)
  const peer = await connect(gateway.port)
  peer.socket.end('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc')
  expect(await peer.all()).toBe('')
  expect(await gateway.outcome()).toMatchObject({ end: 'client_aborted', requestBodyBytes: 3 })
  await expect.poll(() => ends).toEqual(['cut'])
})

test('bad chunks from the client end the upstream request and answer 400', async () => {
  const ends: string[] = []
  const port = await nodeServer((request) => {
    request.on('end', () => ends.push('whole')).on('error', () => ends.push('cut'))
    request.resume()
  })
  const gateway = await before(port)
  const answer = await exchangeOnce(
    gateway.port,
    `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0_2e\r\n${GET}`,
  )
  expect(answer).toMatch(/^HTTP\/1\.1 400 .*request_body_malformed$/s)
  expect(gateway.seen).toHaveLength(1)
  expect(ends).not.toContain('whole')
})

test('a body that stops coming is answered and ends the upstream request', async () => {
  const port = await nodeServer((request) => request.on('error', () => undefined).resume())
  const gateway = await before(port, { limits: { bodyIdleMs: 50 } })
  const peer = await connect(gateway.port)
  peer.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc')
  expect(await peer.all()).toMatch(/request_body_timeout$/)
  peer.socket.destroy()
})

test('a body that comes too slowly is answered however often it moves', async () => {
  const port = await nodeServer((request) => request.on('error', () => undefined).resume())
  const gateway = await before(port, { limits: { bodyIdleMs: 200 } })
  const peer = await connect(gateway.port)
  peer.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n')
  const timer = setInterval(() => peer.send('x'), 20)
  expect(await peer.all()).toMatch(/request_body_timeout$/)
  clearInterval(timer)
  peer.socket.destroy()
})

test('an upstream that answers before it has read the request is heard, and the connection closes', async () => {
  const server = await rawUpstream((peer) => {
    peer.socket.once('data', () => peer.send('HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig'))
  })
  const gateway = await before(server.port)
  const peer = await connect(gateway.port)
  peer.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc')
  expect(await peer.all()).toMatch(/^HTTP\/1\.1 413 .*Connection: close\r\n\r\nbig$/s)
  peer.socket.destroy()
  await expect.poll(() => gateway.upstream.connections).toBe(0)
})
