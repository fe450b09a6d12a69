import { randomUUID } from 'node:crypto'
import { connect, createServer, type Server, type Socket } from 'node:net'
import type { GatehouseError } from '@gatehouse/errors'
import { freshDatabase, type PostgresServer, sharedDatabase, startPostgres, waitFor } from '@gatehouse/testkit'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { append, openTestStore, readLog, type TestStore } from './client-log.fixture.ts'

/** Repeats a command with its id until it is known to be done, as a client does; counts the attempts. */
async function untilDone(store: TestStore, clientId: string, requestId: string) {
  let attempt = 0
  const answer = await waitFor(
    async () => {
      attempt++
      const refused = (error: GatehouseError) => (error.status === 'UNAVAILABLE' ? undefined : { error })
      return await append(store, { clientId, requestId }).catch(refused)
    },
    { what: `${requestId} is done`, intervalMs: 20 },
  )
  if ('error' in answer) throw answer.error
  return { ...answer, attempt }
}

/** So many commands, some at a time, each begun when another one is done; `onDone` is told how many are. */
async function load<Answer>(
  count: number,
  command: (index: number) => Promise<Answer>,
  onDone: (done: number) => unknown,
): Promise<readonly Answer[]> {
  const answers: Answer[] = []
  let next = 0
  const worker = async () => {
    for (let index = next++; index < count; index = next++) onDone(answers.push(await command(index)))
  }
  await Promise.all(Array.from({ length: 16 }, worker))
  return answers
}

/** Every command is in the log once, and its answer told the truth. */
async function expectOnce(store: TestStore, answers: readonly { readonly position: bigint }[]): Promise<void> {
  const log = await readLog(store)
  expect(log).toHaveLength(answers.length)
  expect(answers.map(({ position }) => position).toSorted((a, b) => Number(a - b))).toEqual(
    log.map(({ position }) => position),
  )
}

describe('a connection that breaks', () => {
  let url: string
  let admin: pg.Client

  beforeAll(async () => {
    url = await sharedDatabase()
    admin = new pg.Client({ connectionString: url })
    await admin.connect()
  })
  afterAll(() => admin.end())

  const kill = () =>
    admin.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'event-store test'`)

  test('at any moment of two busy instances loses and doubles nothing', async () => {
    const stores = await Promise.all([openTestStore(url), openTestStore(url)])
    const kills: Promise<unknown>[] = []
    const answers = await load(
      400,
      (index) => untilDone(stores[index % 2] as TestStore, `client${index % 7}`, randomUUID()),
      (done) => done % 20 === 10 && kills.push(kill()),
    )
    await Promise.all(kills)
    expect(answers.filter(({ attempt }) => attempt > 1).length).toBeGreaterThan(0)
    await expectOnce(stores[0] as TestStore, answers)
    await Promise.all(stores.map((store) => store.end()))
  })
})

describe('a connection that breaks after COMMIT was sent', () => {
  let proxy: Server
  let deaf = 0
  let store: Awaited<ReturnType<typeof openTestStore>>

  beforeAll(async () => {
    const target = new URL(await sharedDatabase())
    // Passes COMMIT to the server and its answer to nobody.
    proxy = createServer((client: Socket) => {
      const server = connect({ host: target.hostname, port: Number(target.port) })
      for (const socket of [client, server]) socket.on('error', () => {})
      let committing = false
      client.on('data', (bytes) => {
        if (deaf > 0 && bytes.includes('COMMIT')) {
          committing = true
          deaf--
        }
        server.write(bytes)
      })
      server.on('data', (bytes) => (committing ? client.destroy() : client.write(bytes)))
      client.on('close', () => server.destroy())
      server.on('close', () => client.destroy())
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    const through = new URL(target)
    through.port = String((proxy.address() as { port: number }).port)
    store = await openTestStore(through.href)
  })
  afterAll(async () => {
    await store.end()
    proxy.close()
  })

  test('is reported as unknown, and the repeated request finds the answer', async () => {
    const requestId = randomUUID()
    deaf = Number.POSITIVE_INFINITY
    await expect(append(store, { clientId: 'a', requestId })).rejects.toMatchObject({
      status: 'UNAVAILABLE',
      reason: 'COMMIT_UNKNOWN',
      message: expect.stringContaining('same request_id'),
    })
    deaf = 0
    expect(await append(store, { clientId: 'a', requestId })).toMatchObject({ replayed: true, position: 1n })
    expect(await readLog(store)).toHaveLength(1)
  })

  test('is found out by the handler itself when the next connection holds', async () => {
    deaf = 1
    const before = await store.head()
    expect(await append(store, { clientId: 'b' })).toMatchObject({ position: before + 1n, reply: { version: 1n } })
    expect(await store.head()).toBe(before + 1n)
  })
})

describe('a Postgres of its own, with fsync', () => {
  let server: PostgresServer
  let url: string

  beforeAll(async () => {
    // It is killed: never the one that somebody's environment names.
    vi.stubEnv('GATEHOUSE_POSTGRES_URL', '')
    server = await startPostgres()
    url = await freshDatabase(server)
  })
  afterAll(async () => {
    vi.unstubAllEnvs()
    await server.stop()
  })

  test('killed under load twice: nothing is lost or doubled', async () => {
    const store = await openTestStore(url)
    let done = 0
    const commands = load(
      600,
      (index) => untilDone(store, `client${index % 5}`, randomUUID()),
      (count) => {
        done = count
      },
    )
    for (let round = 0; round < 2; round++) {
      const least = done + 50
      await waitFor(() => done >= least, { what: 'commands are done' })
      await server.kill('immediate')
      await expect(append(store, { clientId: 'down' })).rejects.toMatchObject({ status: 'UNAVAILABLE' })
      await server.restart()
    }
    const answers = await commands
    expect(answers.some(({ attempt }) => attempt > 1)).toBe(true)
    await expectOnce(store, answers)
    await store.end()
  })

  test('that does not answer ends the call within the time-out', async () => {
    const store = await openTestStore(await freshDatabase(server), { statementTimeoutMs: 500 })
    await append(store, { clientId: 'a' })
    await server.pause()
    const started = performance.now()
    await expect(append(store, { clientId: 'a' })).rejects.toMatchObject({ status: 'UNAVAILABLE' })
    expect(performance.now() - started).toBeLessThan(20_000)
    await server.resume()
    expect(await untilDone(store, 'a', randomUUID())).toMatchObject({ replayed: false })
    await readLog(store)
    await store.end()
  })
})

test('an instance that stands still while it holds the append lock stops the others for the time-out only', async () => {
  const url = await sharedDatabase()
  const { promise: gate, resolve: open } = Promise.withResolvers<void>()
  const { promise: locked, resolve: enter } = Promise.withResolvers<void>()
  const onAppend = () => {
    enter()
    return gate
  }
  const stuck = await openTestStore(url, { statementTimeoutMs: 700, onAppend })
  const other = await openTestStore(url, { statementTimeoutMs: 2_000 })
  const held = append(stuck, { clientId: 'a' })
  await locked
  const answer = await untilDone(other, 'b', randomUUID())
  expect(answer.position).toBe(1n)
  open()
  // Its transaction was ended under it; asked again, the command finds that, and comes second.
  expect((await held).position).toBe(2n)
  expect((await readLog(other)).map(({ stream }) => stream)).toEqual(['client-b', 'client-a'])
  await Promise.all([stuck.end(), other.end()])
})
