import { afterEach, expect, test } from 'vitest'
import { before, closeAll, GET, OK, rawUpstream } from '../../test/forwarding.ts'
import { connect, exchangeOnce, type RawPeer } from '../../test/raw.ts'

afterEach(closeAll)

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
  const gateway = await before(server.port, { connectionsMax: 1, connectMs: 500 })
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
