import { type RedisServer, startRedis, startTcpProxy, waitFor } from '@gatehouse/testkit'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { createViewCache, type ViewCache } from '../cache.ts'
import { credentialProjection } from '../projections/credential.ts'
import { clientLog } from '../projections/histories.ts'
import { oracleDigest } from '../projections/oracle.ts'
import { createProjector } from '../projector.ts'
import { type Batch, type Change, type Entry, type ReadModel, ReadModelUnavailable } from '../read-model.ts'
import { openRedisModel } from './redis-model.ts'

const events = clientLog(200)
let server: RedisServer
let admin: Redis
let model: ReadModel
let cache: ViewCache
let heard: Change[]

beforeAll(async () => {
  server = await startRedis()
})
afterAll(() => server?.stop())

beforeEach(async () => {
  admin = new Redis(server.url)
  admin.on('error', () => {})
  await admin.flushall()
  model = openRedisModel({ address: { url: server.url }, prefix: 'test', readTimeoutMs: 200, changesMax: 1 })
  await waitFor(() => model.positions(), { what: 'Redis answers' })
  await project(0, 100)
  heard = []
  cache = createViewCache({ model })
  model.follow((change) => {
    heard.push(change)
    cache.onChange(change)
  })
  await followed(100n)
})
afterEach(async () => {
  await model.close()
  admin.disconnect()
})

const expireMs = Date.now() + 3_600_000
const expiring = (after: bigint): Batch => {
  const write: Entry = {
    key: `revoked_token/alpha/t${after}`,
    state: 'live',
    version: 1n,
    value: Buffer.of(1),
    expireMs,
  }
  return { source: 'token', after, upTo: after + 1n, writes: [write], recordTime: new Date() }
}

async function project(from: number, to: number) {
  const projector = createProjector({ model, projection: credentialProjection })
  for (let at = from; at < to; at += 10) await projector.onEvents(events.slice(at, Math.min(at + 10, to)))
}

const followed = (position: bigint) =>
  waitFor(() => cache.positions().credential === position, { what: `position ${position} is followed` })
const resets = () => heard.filter(({ type }) => type === 'reset').length

test('every key has the one hash tag, so that a cluster keeps the model in one slot', async () => {
  await model.apply(expiring(0n))
  const keys = await admin.keys('*')
  expect(keys.length).toBeGreaterThan(2)
  for (const key of keys) expect(key).toMatch(/^\{test\}:/)
})

test('what expires is gone from Redis by itself, also what a replaced generation had', async () => {
  await model.apply(expiring(0n))
  const candidate = await model.begin()
  await createProjector({ model: candidate, projection: credentialProjection }).onEvents(events.slice(0, 100))
  await candidate.apply(expiring(0n))
  expect(await candidate.promote()).toBe('promoted')
  const keys = await admin.keys('{test}:*:2alpha/t0')
  expect(keys).toHaveLength(2)
  for (const key of keys) expect(await admin.pexpiretime(key)).toBe(expireMs)
  const left = await admin.keys('{test}:1:*')
  expect(left).toEqual(['{test}:1:2alpha/t0'])
})

test('FLUSHALL: everything is dropped and nothing believed until the events are there again', async () => {
  await cache.client('1')
  expect(cache.client('1')).not.toBeInstanceOf(Promise)
  await admin.flushall()
  await followed(0n)
  await expect(cache.client('1')).rejects.toThrow(ReadModelUnavailable)
  await project(0, 50)
  await followed(50n)
  await expect(cache.client('1')).rejects.toThrow(ReadModelUnavailable)
  await project(50, 100)
  await followed(100n)
  expect(await cache.client('1')).toMatchObject({ state: 'found' })
  expect((await model.digest()).digest).toBe(oracleDigest(events.slice(0, 100)))
})

test('FLUSHALL and all events again before the follower looked: everything is dropped', async () => {
  const before = resets()
  await admin.flushall()
  await project(0, 120)
  await followed(120n)
  expect(resets()).toBeGreaterThan(before)
})

test('changes that were trimmed away: everything is dropped', async () => {
  const before = resets()
  const keys = { changes: '{test}:changes', positions: '{test}:1:positions' }
  const change = ['source', 'credential', 'after', '130', 'upTo', '140', 'recordTime', '0', 'keys', 'client/1']
  await admin
    .multi()
    .hset(keys.positions, 'credential', 140)
    .xadd(keys.changes, '*', ...change)
    .exec()
  await followed(140n)
  expect(resets()).toBe(before + 1)
})

test('an older replica takes over: everything is dropped, and the events since are taken again', async () => {
  const keys = await admin.keys('*')
  const dumps = await Promise.all(keys.map(async (key) => [key, await admin.dumpBuffer(key)] as const))
  await project(100, 150)
  await followed(150n)
  const before = resets()
  const failover = admin.multi()
  for (const [key, dump] of dumps) failover.restore(key, 0, dump!, 'REPLACE')
  await failover.exec()
  await followed(100n)
  expect(resets()).toBe(before + 1)
  await expect(cache.client('1')).rejects.toThrow(ReadModelUnavailable)
  await project(100, 150)
  await followed(150n)
  expect((await model.digest()).digest).toBe(oracleDigest(events.slice(0, 150)))
})

test('FLUSHALL takes the mark of a whole state with it, and none is taken before the events are there again', async () => {
  const mark = { positions: { credential: 100n }, ageMs: 0 }
  await model.markWhole(mark)
  expect(await model.wholeMark()).toMatchObject({ positions: { credential: 100n } })
  await admin.flushall()
  await model.markWhole(mark)
  await project(0, 50)
  await model.markWhole(mark)
  expect(await model.wholeMark()).toBeUndefined()
})

test.each([
  ['beyond the positions', '1 101 0 0'],
  ['of fewer logs', '1 100 0'],
  ['written by somebody else', 'yesterday'],
])('a mark that is %s is none', async (_, mark) => {
  await admin.hset('{test}:1:positions', 'whole', mark)
  expect(await model.wholeMark()).toBeUndefined()
})

test('Redis gone and back empty: what is cached goes on, what is not is refused, then all is dropped', async () => {
  const known = await cache.client('1')
  await server.kill()
  expect(cache.client('1')).toBe(known)
  await expect(cache.client('2')).rejects.toThrow(ReadModelUnavailable)
  await expect(model.positions()).rejects.toThrow(ReadModelUnavailable)
  expect(cache.positions().credential).toBe(100n)
  await server.restart()
  await followed(0n)
  await waitFor(() => project(0, 200).then(() => true), { what: 'the projector is through' })
  await followed(200n)
  expect((await model.digest()).digest).toBe(oracleDigest(events))
})

test('Redis frozen: a look-up is refused in time, and following goes on afterwards without a loss', async () => {
  const before = resets()
  await server.pause()
  const started = performance.now()
  await expect(cache.client('3')).rejects.toThrow(ReadModelUnavailable)
  expect(performance.now() - started).toBeLessThan(15_000)
  await server.resume()
  await waitFor(() => project(100, 110).then(() => true), { what: 'the projector is through' })
  await followed(110n)
  expect(resets()).toBe(before)
})

test('a server that is gone without a word is not waited for: all goes on over new connections', async () => {
  await using proxy = await startTcpProxy({ to: server.url })
  const behind = openRedisModel({ address: { url: `redis://${proxy.address}` }, prefix: 'test', readTimeoutMs: 200 })
  await waitFor(() => behind.positions(), { what: 'Redis answers' })
  const reached: bigint[] = []
  behind.follow((change) => reached.push(change.type === 'reset' ? (change.positions.credential ?? 0n) : change.upTo))
  await expect.poll(() => reached.at(-1)).toBe(100n)
  // Twice: what is opened meanwhile is swallowed too, the greeting of a new connection among it.
  proxy.halfOpen()
  await waitFor(() => proxy.accepted > 3, { what: 'a new connection' })
  proxy.halfOpen()
  await project(100, 110)
  await expect.poll(() => reached.at(-1)).toBe(110n)
  await waitFor(() => behind.positions(), { what: 'reads are answered again' })
  await waitFor(() => behind.apply(expiring(0n)), { what: 'writes are answered again' })
  await behind.close()
})

test('a broken connection alone drops nothing', async () => {
  const known = await cache.client('1')
  await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
  await waitFor(() => project(100, 110).then(() => true), { what: 'the projector is through' })
  await followed(110n)
  expect(resets()).toBe(1)
  expect(known).toMatchObject({ state: 'found' })
})

test('a slow link gives up what a request waits for, and nothing else: who starts behind it gets the whole model', async () => {
  const link = await startTcpProxy({ to: server.url })
  link.delay(150)
  const far = openRedisModel({ address: { url: `redis://${link.address}` }, prefix: 'test', readTimeoutMs: 50 })
  const resetsThere: Change[] = []
  try {
    await waitFor(() => far.positions(), { what: 'Redis answers', timeoutMs: 30_000 })
    const following = far.follow((change) => resetsThere.push(change))
    await waitFor(() => resetsThere.length > 0, { what: 'the changes are followed', timeoutMs: 30_000 })
    const clients: Entry[] = []
    for await (const entry of far.scan('client')) clients.push(entry)
    expect(clients).not.toEqual([])
    expect((await far.read([clients[0]?.key ?? ''])).values).toHaveLength(1)
    await far.wholeMark()
    await expect(far.read([clients[0]?.key ?? ''], 'urgent')).rejects.toThrow(ReadModelUnavailable)
    await following.close()
  } finally {
    await far.close()
    await link.stop()
  }
})
