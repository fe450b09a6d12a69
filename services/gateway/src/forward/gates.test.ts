import { Readable } from 'node:stream'
import { afterEach, expect, test } from 'vitest'
import { before, closeAll, GET, nodeServer, rawUpstream } from '../../test/forwarding.ts'
import { connect, exchangeOnce } from '../../test/raw.ts'
import type { Gate } from '../http1/exchange.ts'

afterEach(closeAll)

/** A gate that opens when the promise resolves. */
const gateOf =
  (ask: () => Promise<void>): Gate =>
  (go, failed) => {
    ask().then(go, failed)
    return false
  }

test('the upstream sees nothing before the send gate, the client nothing before the head gate', async () => {
  const order: string[] = []
  const gates: Record<string, () => void> = {}
  const gate =
    (name: string): Gate =>
    (go) => {
      order.push(`${name} asked`)
      gates[name] = () => {
        order.push(`${name} opens`)
        go()
      }
      return false
    }
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
  const rejecting = gateOf(() => Promise.reject(new Error('disk full')))
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
  const closed = Promise.withResolvers<void>()
  const server = await rawUpstream((peer) => {
    peer.socket.on('data', () => peer.socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it'))
    peer.socket.on('close', () => closed.resolve())
  })
  const gateway = await before(server.port, { plan: { headGate: gateOf(() => closed.promise) } })
  expect(await exchangeOnce(gateway.port, GET)).toContain('\r\n9\r\nall of it\r\n0\r\n\r\n')
})

test('of a response that waits for the head gate a part is held, and the rest is read when it opens', async () => {
  const [pieces, pieceBytes] = [1024, 65_536]
  let written = 0
  const body = function* () {
    while (written < pieces) {
      written++
      yield Buffer.alloc(pieceBytes, 'a')
    }
  }
  const port = await nodeServer((_, response) => {
    response.setHeader('Content-Length', pieces * pieceBytes)
    Readable.from(body()).pipe(response)
  })
  let seen = 0
  const isStuck = () => {
    const before = seen
    seen = written
    return seen > 0 && seen === before
  }
  let open: (() => void) | undefined
  const headGate: Gate = (go) => {
    open = go
    return false
  }
  const gateway = await before(port, { plan: { headGate } })
  const answer = exchangeOnce(gateway.port, GET)
  await expect.poll(() => open !== undefined && isStuck(), { interval: 500 }).toBe(true)
  // 16 MiB: buffers of the kernel, and the 64 KiB that are held.
  expect(written).toBeLessThan(pieces / 4)
  open?.()
  expect((await answer).split('\r\n\r\n')[1]?.length).toBe(pieces * pieceBytes)
})

test('a failure too waits for the head gate', async () => {
  const asked: (() => void)[] = []
  const gateway = await before(1, { plan: { headGate: gateOf(() => new Promise((resolve) => asked.push(resolve))) } })
  const peer = await connect(gateway.port)
  peer.send(GET)
  await expect.poll(() => asked.length).toBe(1)
  expect(peer.text).toBe('')
  asked[0]?.()
  expect(await peer.all()).toMatch(/upstream_connect_failed$/)
})

test('a request that fails while the response waits for the head gate gets no second head', async () => {
  const server = await rawUpstream((peer) => {
    peer.socket.on('data', () => peer.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n'))
  })
  const asked: (() => void)[] = []
  const headGate: Gate = (go) => {
    asked.push(go)
    return false
  }
  const gateway = await before(server.port, { plan: { headGate } })
  const peer = await connect(gateway.port)
  peer.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n')
  await expect.poll(() => asked.length).toBe(1)
  peer.send('no chunk\r\n')
  await expect.poll(() => asked.length).toBe(2)
  for (const open of asked) open()
  expect((await peer.all()).split('HTTP/1.1 ').length - 1).toBeLessThan(2)
})
