import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { connect, exchangeOnce, type RawPeer, rawServer, startServer } from '../../test/raw.ts'
import type { ForwardPlan } from '../http1/exchange.ts'
import { Upstream, type UpstreamOptions } from './upstream.ts'

const close: (() => unknown)[] = []
afterEach(() => Promise.all(close.splice(0).map((one) => one())))

const failed: ForwardPlan['failed'] = (failure) => ({
  status: failure === 'gate_failed' ? 503 : failure.startsWith('request') ? 400 : 502,
  headers: {},
  body: failure,
})

/** A gateway before an upstream on `port`. */
async function before(
  port: number,
  options: Partial<UpstreamOptions> & { plan?: Partial<ForwardPlan>; limits?: { bodyIdleMs?: number } } = {},
) {
  const upstream = new Upstream({ host: '127.0.0.1', port, ...options })
  const gateway = await startServer(
    (exchange) => exchange.forward({ upstream, path: exchange.target, addHeaders: [], failed, ...options.plan }),
    { limits: options.limits },
  )
  close.push(gateway.close, () => upstream.destroy())
  return { ...gateway, upstream }
}

async function nodeServer(listener: RequestListener) {
  const server = createServer({ keepAliveTimeout: 60_000 }, listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  close.push(
    () => server.close(),
    () => server.closeAllConnections(),
  )
  return (server.address() as AddressInfo).port
}

async function rawUpstream(serve: (peer: RawPeer, index: number) => void) {
  const server = await rawServer(serve)
  close.push(server.close)
  return server
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

const get = (headers = '') => `GET /x HTTP/1.1\r\nHost: a\r\n${headers}\r\n`
const GET = get('Connection: close\r\n')
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

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

test('the upstream sees nothing before the send gate, the client nothing before the head gate', async () => {
  const order: string[] = []
  const gates: Record<string, () => void> = {}
  const gate = (name: string) => () =>
    new Promise<void>((resolve) => {
      order.push(`${name} asked`)
      gates[name] = () => {
        order.push(`${name} opens`)
        resolve()
      }
    })
  const port = await nodeServer((_, response) => {
    order.push('upstream')
    response.end('body')
  })
  const gateway = await before(port, { plan: { sendGate: gate('send'), headGate: gate('head') } })
  const peer = await connect(gateway.port)
  peer.send(GET)
  await expect.poll(() => order).toEqual(['send asked'])
  gates['send']?.()
  await expect.poll(() => order).toEqual(['send asked', 'send opens', 'upstream', 'head asked'])
  expect(peer.text).toBe('')
  gates['head']?.()
  expect(await peer.all()).toMatch(/^HTTP\/1\.1 200 .*body$/s)
})

test.each(['sendGate', 'headGate'] as const)('a %s that rejects or throws answers as the plan says', async (name) => {
  let requests = 0
  const port = await nodeServer((_, response) => {
    requests++
    response.end('secret')
  })
  const rejecting = () => Promise.reject(new Error('disk full'))
  const throwing = () => {
    throw new Error('disk full')
  }
  for (const gate of [rejecting, throwing]) {
    const gateway = await before(port, { plan: { [name]: gate } })
    const answer = await exchangeOnce(gateway.port, GET)
    expect(answer).toMatch(/^HTTP\/1\.1 503 .*gate_failed$/s)
    expect(gateway.outcomes).toMatchObject([{ status: 503, failure: 'gate_failed', end: 'complete' }])
  }
  expect(requests).toBe(name === 'sendGate' ? 0 : 2)
})

test('a response with its end of connection waits for the head gate whole', async () => {
  const server = await rawUpstream((peer) => {
    peer.socket.on('data', () => peer.socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it'))
  })
  const gateway = await before(server.port, {
    plan: { headGate: () => new Promise((resolve) => setTimeout(resolve, 50)) },
  })
  expect(await exchangeOnce(gateway.port, GET)).toContain('\r\n9\r\nall of it\r\n0\r\n\r\n')
})

test('a failure too waits for the head gate', async () => {
  const asked: (() => void)[] = []
  const gateway = await before(1, { plan: { headGate: () => new Promise((resolve) => asked.push(resolve)) } })
  const peer = await connect(gateway.port)
  peer.send(GET)
  await expect.poll(() => asked.length).toBe(1)
  expect(peer.text).toBe('')
  asked[0]?.()
  expect(await peer.all()).toMatch(/upstream_connect_failed$/)
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

test('a response of 50 MB to a slow reader is held back, not held', async () => {
  const size = 50e6
  let written = 0
  const port = await nodeServer((_, response) => {
    response.writeHead(200, { 'Content-Length': size })
    const chunk = Buffer.alloc(100_000, 'x')
    const more = () => {
      while (written < size) {
        written += chunk.length
        if (!response.write(chunk)) return
      }
      response.end()
    }
    response.on('drain', more)
    more()
  })
  const gateway = await before(port)
  const peer = await connect(gateway.port)
  peer.socket.removeAllListeners('data').pause()
  peer.send(GET)
  let last = -1
  while (written !== last) {
    last = written
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  // What stands still is in the sockets' own buffers.
  expect(written).toBeLessThan(30e6)
  let read = 0
  peer.socket.on('data', (chunk: Buffer) => {
    read += chunk.length
  })
  peer.socket.resume()
  await once(peer.socket, 'end')
  peer.socket.destroy()
  expect(read).toBeGreaterThan(size)
  expect(gateway.outcomes).toMatchObject([{ end: 'complete', responseBodyBytes: size }])
})

test('a request of 50 MB to a slow upstream is held back, not held', async () => {
  const size = 50e6
  let go: () => void = () => undefined
  const port = await nodeServer(async (request, response) => {
    await new Promise<void>((resolve) => {
      go = resolve
    })
    let read = 0
    for await (const chunk of request) read += (chunk as Buffer).length
    response.end(`read ${read}`)
  })
  const gateway = await before(port)
  const peer = await connect(gateway.port)
  peer.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`)
  peer.socket.write(Buffer.alloc(size, 'x'))
  const { socket } = peer
  const unsent = () => socket.writableLength
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(unsent()).toBeGreaterThan(0)
  go()
  await peer.until(/read 50000000$/)
  socket.destroy()
  expect(gateway.outcomes).toMatchObject([{ end: 'complete', requestBodyBytes: size }])
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

/** An upstream that serves one request per connection and closes, without a word, on the next. */
const closesOnSecond = (peer: RawPeer) => {
  let requests = 0
  peer.socket.on('data', () => {
    if (++requests === 1) peer.send(OK)
    else peer.socket.resetAndDestroy()
  })
}

test('a request lost with a kept connection is sent once more, on a fresh one', async () => {
  const server = await rawUpstream(closesOnSecond)
  const gateway = await before(server.port)
  for (let turn = 0; turn < 3; turn++) expect(await exchangeOnce(gateway.port, GET)).toMatch(/ok$/)
  expect(server.connections()).toBe(3)
  expect(gateway.outcomes).toHaveLength(3)
})

test.each([
  ['POST', 'POST /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'],
  ['a PUT with a body', 'PUT /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc'],
])('%s is never sent twice', async (_, request) => {
  const server = await rawUpstream(closesOnSecond)
  const gateway = await before(server.port)
  expect(await exchangeOnce(gateway.port, GET)).toMatch(/ok$/)
  expect(await exchangeOnce(gateway.port, request)).toMatch(/^HTTP\/1\.1 502 .*upstream_closed$/s)
  expect(server.connections()).toBe(1)
})

test('a request on a fresh connection, or whose response has begun, is never sent twice', async () => {
  let requests = 0
  const server = await rawUpstream((peer) => {
    peer.socket.on('data', () => {
      requests++
      if (requests === 2) peer.send(OK)
      else peer.socket.end(requests === 3 ? 'HTTP/1.1 2' : '')
    })
  })
  const gateway = await before(server.port)
  expect(await exchangeOnce(gateway.port, GET)).toMatch(/502 .*upstream_closed$/s)
  expect(await exchangeOnce(gateway.port, GET)).toMatch(/ok$/)
  expect(await exchangeOnce(gateway.port, GET)).toMatch(/502 .*upstream_closed$/s)
  expect(requests).toBe(3)
})

test('no more connections than the limit; who waits too long is told, who waits gets the next', async () => {
  const peers: RawPeer[] = []
  const server = await rawUpstream((peer) => peers.push(peer))
  const gateway = await before(server.port, { connectionsMax: 1, waitingMax: 1, connectMs: 5_000 })
  const clients = [await connect(gateway.port), await connect(gateway.port), await connect(gateway.port)]
  for (const [index, client] of clients.entries()) {
    client.send(GET)
    await expect.poll(() => gateway.seen.length).toBe(index + 1)
  }
  expect(await clients[2]?.all()).toMatch(/upstream_busy$/)
  await expect.poll(() => peers[0]?.text).toContain('\r\n\r\n')
  peers[0]?.send(OK)
  expect(await clients[0]?.all()).toMatch(/ok$/)
  peers[0]?.send(OK)
  expect(await clients[1]?.all()).toMatch(/ok$/)
  expect(server.connections()).toBe(1)
})

test('waiting for a connection ends', async () => {
  const server = await rawUpstream(() => undefined)
  const gateway = await before(server.port, { connectionsMax: 1, connectMs: 150 })
  const first = await connect(gateway.port)
  first.send(GET)
  await expect.poll(() => server.connections()).toBe(1)
  expect(await exchangeOnce(gateway.port, GET)).toMatch(/upstream_busy$/)
  first.socket.destroy()
})

test('an unused connection is closed in time', async () => {
  const server = await rawUpstream((peer) => peer.socket.on('data', () => peer.send(OK)))
  const gateway = await before(server.port, { idleMs: 50 })
  expect(await exchangeOnce(gateway.port, GET)).toMatch(/ok$/)
  await expect.poll(() => gateway.upstream.connections).toBe(0)
})
