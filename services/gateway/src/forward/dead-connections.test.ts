import { startTcpProxy } from '@gatehouse/testkit'
import { afterEach, expect, test } from 'vitest'
import { before, closeAll, GET, OK, rawUpstream } from '../../test/forwarding.ts'
import { connect, exchangeOnce, type RawPeer } from '../../test/raw.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  await Promise.all(ends.splice(0).map((end) => end()))
  await closeAll()
})

/** A gateway with kept connections to an upstream, through a link that can swallow what is sent. */
async function withKept(count: number) {
  let answering = false
  const waiting: RawPeer[] = []
  const server = await rawUpstream((peer) =>
    peer.socket.on('data', () => {
      if (answering) peer.send(OK)
      else waiting.push(peer)
    }),
  )
  const link = await startTcpProxy({ to: server.port })
  ends.push(() => link.stop())
  const plan = { headMs: 30_000 }
  const gateway = await before(link.port, { plan, idleMs: 60_000 })
  const clients = await Promise.all(Array.from({ length: count }, () => connect(gateway.port)))
  for (const client of clients) client.send(GET)
  await expect.poll(() => waiting.length).toBe(count)
  answering = true
  for (const peer of waiting) peer.send(OK)
  for (const client of clients) expect(await client.all()).toMatch(/ok$/)
  // From here on none that waits in vain waits long.
  plan.headMs = 1_000
  return { gateway, link, server }
}

test('of kept connections that died without a word one request finds out: the next ones get fresh ones', async () => {
  const { gateway, link, server } = await withKept(5)
  link.halfOpen()
  expect(await exchangeOnce(gateway.port, GET)).toMatch(/502 .*upstream_head_timeout$/s)
  for (let turn = 0; turn < 3; turn++) expect(await exchangeOnce(gateway.port, GET)).toMatch(/ok$/)
  expect(server.connections()).toBe(6)
  await expect.poll(() => gateway.upstream.connections).toBe(1)
})

test('a connection that was heard from since is kept', async () => {
  const { gateway, link, server } = await withKept(2)
  link.halfOpen()
  const unanswered = await connect(gateway.port)
  unanswered.send(GET)
  await expect.poll(() => gateway.seen.length).toBe(3)
  const other = await connect(gateway.port)
  other.send(GET)
  await expect.poll(() => gateway.seen.length).toBe(4)
  expect(await exchangeOnce(gateway.port, GET)).toMatch(/ok$/)
  for (const dead of [unanswered, other]) expect(await dead.all()).toMatch(/upstream_head_timeout$/)
  expect(await exchangeOnce(gateway.port, GET)).toMatch(/ok$/)
  expect(server.connections()).toBe(3)
})
