import { randomUUID } from 'node:crypto'
import type { GatehouseError } from '@gatehouse/errors'
import { sharedDatabase } from '@gatehouse/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { append, openTestStore, readLog, register, registered, resumed, suspended } from './client-log.fixture.ts'

type Opened = Awaited<ReturnType<typeof openTestStore>>
let store: Opened
let other: Opened
let url: string

beforeAll(async () => {
  url = await sharedDatabase()
  ;[store, other] = await Promise.all([openTestStore(url), openTestStore(url)])
})

afterAll(async () => {
  await Promise.all([store.end(), other.end()])
  // Whatever the tests above did, from two instances at once.
  const reader = await openTestStore(url)
  const log = await readLog(reader)
  expect(await reader.head()).toBe(BigInt(log.length))
  await reader.end()
})

const refused = (reason: string) => expect.objectContaining<Partial<GatehouseError>>({ reason })
const id = () => randomUUID().slice(0, 8)

describe('answers', () => {
  test('version and position of what was written', async () => {
    const clientId = id()
    const first = await register(store, clientId)
    const second = await append(store, { clientId, events: [suspended(clientId), resumed(clientId)] })
    expect(first.reply.version).toBe(1n)
    expect(second.reply.version).toBe(3n)
    expect(second.position).toBe(first.position + 2n)
    expect((await store.readEvents(second.position - 1n))[0]).toMatchObject({
      version: 3n,
      stream: `client-${clientId}`,
    })
  })

  test('the position of what it found when it changes nothing', async () => {
    const clientId = id()
    const first = await register(store, clientId)
    await register(store, id())
    const unchanged = await append(store, { clientId, events: [] })
    expect(unchanged.position).toBe(first.position)
    expect(unchanged.reply.version).toBe(1n)
  })

  test('a repeated request gets the stored answer and writes nothing', async () => {
    const clientId = id()
    const requestId = id()
    const first = await append(store, { clientId, requestId, events: [registered(clientId, 'one')] })
    await append(store, { clientId, events: [registered(clientId, 'two')] })
    const head = await store.head()
    const again = await append(other, { clientId, requestId, events: [registered(clientId, 'three')] })
    expect(again).toEqual({ ...first, replayed: true })
    expect(again.reply.displayName).toBe('one')
    expect(await store.head()).toBe(head)
  })

  test('the same request id of another caller is another request', async () => {
    const clientId = id()
    const requestId = id()
    await append(store, { clientId, requestId, caller: 'console' })
    expect(await append(store, { clientId, requestId, caller: 'cli' })).toMatchObject({ replayed: false })
  })

  test('100 parallel requests with one id, over two instances, write once', async () => {
    const clientId = id()
    const requestId = id()
    const stores = Array.from({ length: 100 }, (_, index) => (index % 2 ? store : other))
    const answers = await Promise.all(stores.map((instance) => append(instance, { clientId, requestId })))
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1)
    expect(new Set(answers.map(({ position }) => position)).size).toBe(1)
    expect(await append(store, { clientId, events: [] })).toMatchObject({ reply: { version: 1n } })
  })
})

describe('refuses', () => {
  test('a request id that was used for another request', async () => {
    const clientId = id()
    const requestId = id()
    await append(store, { clientId, requestId, body: 'one' })
    await expect(append(store, { clientId, requestId, body: 'two' })).rejects.toEqual(refused('REQUEST_ID_REUSED'))
  })

  test('another version than the expected one, with ABORTED', async () => {
    const clientId = id()
    await register(store, clientId)
    const stale = append(store, { clientId, expectedVersion: 0n })
    await expect(stale).rejects.toMatchObject({ status: 'ABORTED', metadata: { expected: '0', actual: '1' } })
    expect(await append(store, { clientId, expectedVersion: 1n })).toMatchObject({ reply: { version: 2n } })
  })

  test('all but one of 50 parallel commands that expect the same version', async () => {
    const clientId = id()
    const attempts = Array.from({ length: 50 }, (_, index) =>
      append(index % 2 ? store : other, { clientId, expectedVersion: 0n }),
    )
    const outcomes = await Promise.allSettled(attempts)
    const won = outcomes.filter(({ status }) => status === 'fulfilled')
    const conflicts = outcomes.filter((outcome) => outcome.status === 'rejected' && outcome.reason.status === 'ABORTED')
    expect([won.length, conflicts.length]).toEqual([1, 49])
  })

  test('all but one of 50 parallel claims on the same value', async () => {
    const value = `${id()}.example`
    const clients = Array.from({ length: 50 }, id)
    const attempts = clients.map((clientId, index) => {
      const claims = [{ kind: 'host', value, owner: `client-${clientId}` }]
      return append(index % 2 ? store : other, { clientId, claims })
    })
    const outcomes = await Promise.allSettled(attempts)
    const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.reason] : []))
    expect(reasons).toEqual(Array(49).fill('HOST_EXISTS'))
    const winner = clients[outcomes.findIndex(({ status }) => status === 'fulfilled')]
    const found = await Promise.all(clients.map((clientId) => append(store, { clientId, events: [] })))
    expect(found.filter(({ reply }) => reply.version === 1n).map(({ reply }) => reply.clientId)).toEqual([winner])
  })

  test('an event that is too large, and its neighbours go on', async () => {
    const [large, small] = [id(), id()]
    const events = [registered(large), registered(large, 'x'.repeat(300_000))]
    const outcomes = await Promise.allSettled([
      append(store, { clientId: small }),
      append(store, { clientId: large, events }),
      append(store, { clientId: small }),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(outcomes[1]).toMatchObject({ reason: { reason: 'EVENT_TOO_LARGE' } })
    expect(await append(store, { clientId: large, events: [] })).toMatchObject({ reply: { version: 0n } })
  })

  test('a refused command leaves no claim and may be repeated with the same id', async () => {
    const [clientId, holder] = [id(), id()]
    const free = { kind: 'host', value: `${id()}.example`, owner: `client-${clientId}` }
    const taken = { kind: 'host', value: `${id()}.example`, owner: `client-${holder}` }
    await append(store, { clientId: holder, claims: [taken] })
    const requestId = id()
    const attempt = () => append(store, { clientId, requestId, claims: [free, { ...taken, owner: free.owner }] })
    await expect(attempt()).rejects.toEqual(refused('HOST_EXISTS'))
    const third = id()
    await append(store, { clientId: third, claims: [{ ...free, owner: `client-${third}` }] })
    await append(store, { clientId: third, releases: [{ ...free, owner: `client-${third}` }] })
    await append(store, { clientId: holder, releases: [taken] })
    expect(await attempt()).toMatchObject({ replayed: false })
  })

  test('to release what another stream holds', async () => {
    const [holder, thief] = [id(), id()]
    const claim = { kind: 'host', value: `${id()}.example`, owner: `client-${holder}` }
    await append(store, { clientId: holder, claims: [claim] })
    await append(store, { clientId: thief, releases: [{ ...claim, owner: `client-${thief}` }] })
    const claims = [{ ...claim, owner: `client-${thief}` }]
    await expect(append(store, { clientId: thief, claims })).rejects.toEqual(refused('HOST_EXISTS'))
  })
})

test('1,000 commands from two instances get one dense log', async () => {
  const clients = Array.from({ length: 10 }, id)
  const before = await store.head()
  const commands = Array.from({ length: 1_000 }, (_, index) =>
    append(index % 2 ? store : other, { clientId: clients[index % 10] as string }),
  )
  const positions = (await Promise.all(commands)).map(({ position }) => position)
  expect(new Set(positions).size).toBe(1_000)
  expect(await store.head()).toBe(before + 1_000n)
})

test('a read table that refuses one command fails that one alone, and sees what was written', async () => {
  const seen: [string, bigint, number][] = []
  const picky = await openTestStore(await sharedDatabase(), {
    onAppend: async (tx, changes) => {
      for (const { stream, version, events, appended } of changes) {
        if (stream === 'client-poison') throw new Error('the read table cannot take it')
        await tx.query('SELECT 1')
        seen.push([stream, version, events.length - appended.length])
      }
    },
  })
  const outcomes = await Promise.allSettled(['a', 'poison', 'b'].map((clientId) => register(picky, clientId)))
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  await append(picky, { clientId: 'a' })
  expect((await readLog(picky)).map(({ stream }) => stream)).toEqual(['client-a', 'client-b', 'client-a'])
  expect(seen.at(-1)).toEqual(['client-a', 2n, 1])
  await picky.end()
})

test('a stream is loaded from its last replacing event on, with its true version', async () => {
  const replacing = ['gatehouse.credential.v1.ClientRegistered'] as const
  const short = await openTestStore(await sharedDatabase(), { replacing })
  const rename = (name: string) => append(short, { clientId: 'a', events: [registered('a', name)] })
  await rename('one')
  await rename('two')
  const { reply } = await rename('three')
  expect(reply).toMatchObject({ displayName: 'two three', version: 3n })
  await short.end()
})
