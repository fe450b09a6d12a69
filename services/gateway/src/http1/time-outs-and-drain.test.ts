import { afterEach, expect, test } from 'vitest'
import { connect, startServer, waiting } from '../../test/raw.ts'
import type { Exchange } from './exchange.ts'

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

test('a client that stops reading a response is cut', async () => {
  const gateway = await start((exchange) => exchange.answer({ status: 200, headers: {}, body: 'x'.repeat(30e6) }), {
    limits: { writeStallMs: 150 },
  })
  const peer = await connect(gateway.port)
  peer.socket.pause()
  peer.send(get('/', 'Connection: close\r\n'))
  await expect.poll(() => gateway.server.connections).toBe(1)
  await expect.poll(() => gateway.server.connections).toBe(0)
  peer.socket.destroy()
})

test('a head that does not end in time is refused with 408', async () => {
  const gateway = await start(echo, { limits: { headMs: 50 } })
  const peer = await connect(gateway.port)
  peer.send('GET / HTTP/1.1\r\nHost:')
  expect(await peer.all()).toMatch(/^HTTP\/1\.1 408 /)
  expect(gateway.refused.map((one) => one.refusal.reason)).toEqual(['head_timeout'])
})

test('a head that comes too slowly is refused however often it moves', async () => {
  const gateway = await start(echo, { limits: { headMs: 150 } })
  const peer = await connect(gateway.port)
  const timer = setInterval(() => peer.send('x'), 20)
  expect(await peer.all()).toMatch(/^HTTP\/1\.1 (408|400) /)
  clearInterval(timer)
})

test('an idle connection closes without a word, first or later', async () => {
  const gateway = await start(echo, { limits: { idleMs: 50, lingerMs: 50 } })
  const first = await connect(gateway.port)
  const later = await connect(gateway.port)
  later.send(get('/x'))
  expect(await first.all()).toBe('')
  expect(bodies(await later.all())).toEqual(['/x'])
  // A client that never closes its side is closed.
  await expect.poll(() => gateway.server.connections).toBe(0)
  expect(gateway.refused).toEqual([])
})

test('more connections than the limit are closed at once', async () => {
  const gateway = await start(echo, { limits: { connectionsMax: 2 } })
  const peers = await Promise.all([connect(gateway.port), connect(gateway.port)])
  await expect.poll(() => gateway.server.connections).toBe(2)
  const third = await connect(gateway.port)
  expect(await third.all()).toBe('')
  peers[0]?.send(get('/x', 'Connection: close\r\n'))
  expect(bodies((await peers[0]?.all()) ?? '')).toEqual(['/x'])
})

test('drain answers what is under way, takes a late request, refuses connections, then ends', async () => {
  const { handle, next } = waiting()
  const gateway = await start(handle, { limits: { drainIdleMs: 700, lingerMs: 100 } })
  const busy = await connect(gateway.port)
  const idle = await connect(gateway.port)
  const silent = await connect(gateway.port)
  busy.send(get('/busy'))
  const first = await next(1)
  await expect.poll(() => gateway.server.connections).toBe(3)
  const drained = gateway.server.drain(5_000)
  await expect(connect(gateway.port)).rejects.toThrow('ECONNREFUSED')
  idle.send(get('/late'))
  echo(await next(2))
  echo(first)
  const [busyText, idleText, silentText] = await Promise.all([busy.all(), idle.all(), silent.all()])
  expect(busyText).toMatch(/\r\nConnection: close\r\n\r\n\/busy$/)
  expect(idleText).toMatch(/\r\nConnection: close\r\n\r\n\/late$/)
  expect(silentText).toBe('')
  for (const peer of [busy, idle, silent]) peer.socket.destroy()
  expect(await drained).toBe(0)
})

test('drain cuts at its bound what does not end', async () => {
  const { handle, next } = waiting()
  const gateway = await start(handle)
  const peer = await connect(gateway.port)
  peer.send(get('/'))
  await next(1)
  expect(await gateway.server.drain(50)).toBe(1)
  expect(gateway.outcomes).toMatchObject([{ end: 'client_aborted' }])
  expect(await peer.all()).toBe('')
})
