import { afterEach, expect, test } from 'vitest'
import { connect, exchangeOnce, startServer, waiting } from '../../test/raw.ts'
import { type Exchange, type RefusedRequest, repeated } from './exchange.ts'

const close: (() => unknown)[] = []
afterEach(() => Promise.all(close.splice(0).map((one) => one())))

async function start(...args: Parameters<typeof startServer>) {
  const gateway = await startServer(...args)
  close.push(gateway.close)
  return gateway
}

const echo = (exchange: Exchange) => exchange.answer({ status: 200, headers: {}, body: exchange.target })
const bodies = (text: string) => text.split(/(?=HTTP\/1\.1 )/).map((one) => one.split('\r\n\r\n')[1])
const get = (target: string, headers = '') => `GET ${target} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`

test('a request whose head is cut at every byte is one request', async () => {
  const gateway = await start(echo)
  const request = 'POST /a?b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nX: y\r\n\r\n'
  const peer = await connect(gateway.port)
  for (let cut = 1; cut < request.indexOf('\r\n\r\n') + 4; cut++) {
    peer.text = ''
    peer.send(request.slice(0, cut))
    await new Promise((resolve) => setImmediate(resolve))
    peer.send(request.slice(cut))
    expect(bodies(await peer.until(/\/a\?b$/))).toEqual(['/a?b'])
  }
  peer.socket.destroy()
  expect(gateway.refused).toEqual([])
})

test('a client that goes in the middle of its next request has its answer', async () => {
  const gateway = await start(echo)
  const peer = await connect(gateway.port)
  peer.socket.end(`${get('/a')}GET`)
  expect(bodies(await peer.all())).toEqual(['/a'])
})

test('the facts of a request', async () => {
  let facts: unknown
  const gateway = await start((exchange) => {
    facts = {
      key: exchange.header('x-key'),
      absent: exchange.header('x-absent'),
      twice: exchange.header('x-twice'),
      both: exchange.headerValues('x-twice'),
      underscore: exchange.header('x_key'),
      remoteAddress: exchange.remoteAddress,
      clientAddress: exchange.clientAddress,
      tls: exchange.tls,
      clientCertificate: exchange.clientCertificate,
      version: exchange.httpVersion,
    }
    echo(exchange)
  })
  await exchangeOnce(gateway.port, get('/', 'X-KEY: k \r\nX-Twice: 1\r\nx-twice: 2\r\nConnection: close\r\n'))
  expect(facts).toEqual({
    key: 'k',
    absent: undefined,
    twice: repeated,
    both: ['1', '2'],
    underscore: undefined,
    remoteAddress: '127.0.0.1',
    clientAddress: '127.0.0.1',
    tls: false,
    clientCertificate: undefined,
    version: '1.1',
  })
})

test('pipelined requests are answered in order, each after the one before', async () => {
  const { handle, next, exchanges } = waiting()
  const gateway = await start(handle)
  const peer = await connect(gateway.port)
  peer.send(get('/1') + get('/2') + get('/3', 'Connection: close\r\n'))
  for (let count = 1; count <= 3; count++) {
    echo(await next(count))
    expect(exchanges.length).toBeLessThanOrEqual(count + 1)
  }
  expect(bodies(await peer.all())).toEqual(['/1', '/2', '/3'])
})

test('ten thousand pipelined requests in one write neither overflow nor pile up', async () => {
  const gateway = await start(echo)
  const peer = await connect(gateway.port)
  peer.send(get('/n').repeat(9_999) + get('/last', 'Connection: close\r\n'))
  expect((await peer.all()).match(/HTTP\/1\.1 200/g)).toHaveLength(10_000)
})

test('a client that never reads its answers is not read either', async () => {
  const gateway = await start((exchange) => exchange.answer({ status: 200, headers: {}, body: 'x'.repeat(10_000) }))
  const peer = await connect(gateway.port)
  peer.socket.pause()
  const before = process.memoryUsage().rss
  for (let round = 0; round < 20; round++) {
    peer.send(get('/').repeat(5_000))
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  // 100,000 answers of 10 kB were asked for; only what the sockets hold was made.
  expect(gateway.outcomes.length).toBeLessThan(5_000)
  expect(process.memoryUsage().rss - before).toBeLessThan(100e6)
  peer.socket.destroy()
})

test('an HTTP/1.0 request is answered once', async () => {
  const gateway = await start(echo)
  const answer = await exchangeOnce(
    gateway.port,
    `GET /1 HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n${get('/2')}`,
  )
  expect(bodies(answer)).toEqual(['/1'])
})

test('HEAD gets the length and no body', async () => {
  const gateway = await start(echo)
  const answer = await exchangeOnce(gateway.port, 'HEAD /abc HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  expect(answer).toMatch(/Content-Length: 4\r\nConnection: close\r\n\r\n$/)
})

test('a client that ended its side gets all its answers', async () => {
  const { handle, next } = waiting()
  const gateway = await start(handle)
  const peer = await connect(gateway.port)
  peer.socket.end(get('/1') + get('/2'))
  echo(await next(1))
  echo(await next(2))
  expect(bodies(await peer.all())).toEqual(['/1', '/2'])
})

test('a request cut off by its client is no request', async () => {
  const gateway = await start(echo)
  const peer = await connect(gateway.port)
  peer.socket.end('GET / HTTP/1.1\r\nHost:')
  expect(await peer.all()).toBe('')
  expect(gateway.refused).toEqual([])
  expect(gateway.outcomes).toEqual([])
})

test('100 Continue is not sent to a request that is denied', async () => {
  const { handle, next } = waiting()
  const gateway = await start(handle)
  const peer = await connect(gateway.port)
  peer.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n')
  const exchange = await next(1)
  expect(peer.text).toBe('')
  exchange.answer({ status: 401, headers: { 'WWW-Authenticate': ['A', 'B'] } })
  expect(await peer.all()).toMatch(
    /^HTTP\/1\.1 401 Unauthorized\r\nDate: [^\r]+ GMT\r\nWWW-Authenticate: A\r\nWWW-Authenticate: B\r\nContent-Length: 0\r\nConnection: close\r\n\r\n$/,
  )
})

test('a denied request whose body is all here keeps its connection, one whose body is not loses it', async () => {
  const gateway = await start(echo)
  const post = (target: string, body: string) =>
    `POST ${target} HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n${body}`
  const answer = await exchangeOnce(gateway.port, `${post('/1', 'abc')}${post('/2', 'a')}`)
  expect(bodies(answer)).toEqual(['/1', '/2'])
  expect(answer.match(/Connection: close/g)).toHaveLength(1)
})

test('a handler that throws, rejects or never decides denies', async () => {
  const handle = (exchange: Exchange) => {
    if (exchange.target === '/throw') throw new Error('secret')
    return exchange.target === '/reject' ? Promise.reject(new Error('secret')) : undefined
  }
  const gateway = await start(handle, { limits: { decisionMs: 100 } })
  for (const target of ['/throw', '/reject', '/never']) {
    const answer = await exchangeOnce(gateway.port, get(target, 'Connection: close\r\n'))
    expect(answer).toMatch(/^HTTP\/1\.1 500 Internal Server Error\r\n.*\r\n\r\n$/s)
  }
  expect(gateway.outcomes.map((one) => one.failure)).toEqual(Array(3).fill('handler_failed'))
})

test('a handler may decide after it has returned', async () => {
  const gateway = await start((exchange) => {
    setImmediate(() => echo(exchange))
  })
  expect(bodies(await exchangeOnce(gateway.port, get('/x', 'Connection: close\r\n')))).toEqual(['/x'])
})

test('an aborted request, good or refused, gets no byte', async () => {
  const gateway = await start((exchange) => exchange.abort(), {
    refuse: (request) => {
      request.abort()
      return undefined
    },
  })
  expect(await exchangeOnce(gateway.port, get('/'))).toBe('')
  expect(await exchangeOnce(gateway.port, 'nonsense\r\n\r\n')).toBe('')
  expect(gateway.outcomes).toMatchObject([
    { status: 0, end: 'aborted' },
    { status: 0, end: 'aborted' },
  ])
})

test('an answer that HTTP cannot carry denies', async () => {
  const gateway = await start((exchange) => exchange.answer({ status: 200, headers: { 'X-A': 'a\r\nSet-Cookie: b' } }))
  const answer = await exchangeOnce(gateway.port, get('/', 'Connection: close\r\n'))
  expect(answer).toMatch(/^HTTP\/1\.1 500 /)
  expect(answer).not.toContain('Cookie')
})

test('an exchange is decided once, and its headers end with it', async () => {
  const errors: string[] = []
  const gateway = await start((exchange) => {
    echo(exchange)
    for (const late of [() => echo(exchange), () => exchange.header('host')]) {
      try {
        late()
      } catch (error) {
        errors.push(String(error))
      }
    }
  })
  await exchangeOnce(gateway.port, get('/', 'Connection: close\r\n'))
  expect(errors).toEqual(['Error: the request is already decided', 'Error: the request is over: its headers are gone'])
  expect(gateway.outcomes).toHaveLength(1)
})

test('a client that goes while it is being decided has one outcome, and no answer', async () => {
  const { handle, next } = waiting()
  const gateway = await start(handle)
  const peer = await connect(gateway.port)
  peer.send(get('/'))
  const exchange = await next(1)
  peer.socket.resetAndDestroy()
  expect(await gateway.outcome()).toMatchObject({ status: 0, end: 'client_aborted' })
  expect(exchange.over).toBe(true)
  echo(exchange)
  expect(gateway.outcomes).toHaveLength(1)
})

test('a refusal is recorded before it is answered', async () => {
  let release: () => void = () => undefined
  const recorded = new Promise<void>((resolve) => {
    release = resolve
  })
  const gateway = await start(echo, {
    refuse: async (request: RefusedRequest) => {
      await recorded
      request.answer({ status: request.refusal.status, headers: {}, body: 'recorded' })
    },
  })
  const peer = await connect(gateway.port)
  peer.send('GET / HTTP/1.1\r\nHost : a\r\n\r\n')
  await expect.poll(() => gateway.refused.length).toBe(1)
  expect(peer.text).toBe('')
  release()
  expect(await peer.all()).toMatch(/^HTTP\/1\.1 400 .*recorded$/s)
})

test('a refusal handler that throws still refuses', async () => {
  const gateway = await start(echo, {
    refuse: () => {
      throw new Error('no spool')
    },
  })
  expect(await exchangeOnce(gateway.port, 'nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
  expect(gateway.outcomes).toMatchObject([{ status: 400, failure: 'handler_failed' }])
})
