import { Redis } from 'ioredis'
import '@gatehouse/bus/kafkajs-repair'
import { Kafka, logLevel } from 'kafkajs'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { dockerEngine } from './docker/engine.ts'
import { freePort, freshDatabase, startKafka, startPostgres, startRedis, startTcpProxy, waitFor } from './index.ts'

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1_000, query_timeout: 1_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    return (await client.query(text)).rows
  } finally {
    void client.end().catch(() => {})
  }
}

// Only our own can be killed.
beforeAll(() => {
  for (const name of ['GATEHOUSE_POSTGRES_URL', 'GATEHOUSE_REDIS_URL', 'GATEHOUSE_KAFKA_BROKERS']) {
    vi.stubEnv(name, undefined)
  }
})
afterAll(() => {
  vi.unstubAllEnvs()
})

async function expectedSource() {
  return (await dockerEngine()) ? 'docker' : 'native'
}

describe('Postgres', () => {
  it.for(['immediate', 'fast'] as const)('keeps what was committed over a kill (%s)', async (mode) => {
    await using server = await startPostgres()
    expect(server.source).toBe(await expectedSource())
    const url = await freshDatabase(server)
    await query(url, 'CREATE TABLE things AS SELECT 1 AS id')
    await server.kill(mode)
    await expect(query(url, 'SELECT 1')).rejects.toThrow(/ECONNREFUSED|ECONNRESET/)
    await server.restart()
    expect(await query(url, 'SELECT id FROM things')).toEqual([{ id: 1 }])
  })

  it('paused answers nobody, resumed it goes on', async () => {
    await using server = await startPostgres({ fsync: false })
    const client = new pg.Client(server.url)
    await client.connect()
    await server.pause()
    const late = client.query('SELECT 1 AS one')
    await expect(query(server.url, 'SELECT 1')).rejects.toThrow()
    expect(await Promise.race([late, 'nothing'])).toBe('nothing')
    await server.resume()
    expect((await late).rows).toEqual([{ one: 1 }])
    await client.end()
  })

  it('takes settings; fsync is on unless it is asked off', async () => {
    await using durable = await startPostgres({ settings: { work_mem: '5MB' } })
    await using quick = await startPostgres({ fsync: false })
    expect(await query(durable.url, 'SHOW fsync')).toEqual([{ fsync: 'on' }])
    expect(await query(durable.url, 'SHOW work_mem')).toEqual([{ work_mem: '5MB' }])
    expect(await query(quick.url, 'SHOW fsync')).toEqual([{ fsync: 'off' }])
  })

  it('stopped is gone, and refuses to be paused', async () => {
    const server = await startPostgres({ fsync: false })
    await server.stop()
    await expect(query(server.url, 'SELECT 1')).rejects.toThrow(/ECONNREFUSED/)
    await expect(server.pause()).rejects.toThrow('restart it first')
  })
})

describe('Redis', () => {
  async function withRedis<Result>(url: string, work: (redis: Redis) => Promise<Result>): Promise<Result> {
    const redis = new Redis(url)
    try {
      return await work(redis)
    } finally {
      redis.disconnect()
    }
  }

  it('forgets all over a kill, unless asked to persist', async () => {
    await using forgetful = await startRedis()
    await using faithful = await startRedis({ persistence: 'always' })
    expect(forgetful.source).toBe(await expectedSource())
    for (const server of [forgetful, faithful]) {
      await withRedis(server.url, (redis) => redis.set('key', 'value'))
      await server.kill()
      await server.restart()
    }
    expect(await withRedis(forgetful.url, (redis) => redis.get('key'))).toBeNull()
    expect(await withRedis(faithful.url, (redis) => redis.get('key'))).toBe('value')
  })

  it('flushAll empties every database', async () => {
    await using server = await startRedis()
    await withRedis(`${server.url}/3`, (redis) => redis.set('key', 'value'))
    await server.flushAll()
    expect(await withRedis(`${server.url}/3`, (redis) => redis.dbsize())).toBe(0)
  })

  it('paused answers nobody, resumed it goes on', async () => {
    await using server = await startRedis()
    await withRedis(server.url, async (redis) => {
      await redis.ping()
      await server.pause()
      const late = redis.ping()
      await expect(waitFor(() => Promise.race([late, false]), { timeoutMs: 200 })).rejects.toThrow('not after')
      await server.resume()
      expect(await late).toBe('PONG')
    })
  })
})

describe('Kafka', () => {
  const client = (brokers: readonly string[]) =>
    new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING, retry: { initialRetryTime: 50, maxRetryTime: 500 } })

  async function produce(brokers: readonly string[], topic: string, value: string): Promise<void> {
    const producer = client(brokers).producer()
    await producer.connect()
    await producer.send({ topic, acks: -1, messages: [{ partition: 0, value }] })
    await producer.disconnect()
  }

  async function consume(brokers: readonly string[], topic: string, count: number): Promise<string[]> {
    const values: string[] = []
    const consumer = client(brokers).consumer({ groupId: `group-${topic}` })
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({ eachMessage: async ({ message }) => void values.push(String(message.value)) })
    await waitFor(() => values.length >= count, { what: `${count} messages`, timeoutMs: 30_000 })
    await consumer.disconnect()
    return values
  }

  async function createTopic(brokers: readonly string[], topic: string, replicationFactor: number): Promise<void> {
    const admin = client(brokers).admin()
    await admin.connect()
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1, replicationFactor }] })
    await admin.disconnect()
  }

  it('one broker keeps its messages over a kill', async () => {
    await using cluster = await startKafka()
    await createTopic(cluster.brokers, 'things', 1)
    await produce(cluster.brokers, 'things', 'before')
    await cluster.broker(0).kill()
    await expect(client(cluster.brokers).admin().connect()).rejects.toThrow()
    await cluster.broker(0).restart()
    await produce(cluster.brokers, 'things', 'after')
    expect(await consume(cluster.brokers, 'things', 2)).toEqual(['before', 'after'])
  })

  it('three brokers go on when one is killed', async () => {
    await using cluster = await startKafka({ brokers: 3 })
    expect(cluster.brokers).toHaveLength(3)
    expect(cluster.source).toBe(await expectedSource())
    await createTopic(cluster.brokers, 'things', 3)
    await produce(cluster.brokers, 'things', 'before')
    await cluster.broker(0).kill()
    const others = cluster.brokers.slice(1)
    await waitFor(() => produce(others, 'things', 'meanwhile').then(() => true), { timeoutMs: 30_000 })
    await cluster.broker(0).restart()
    expect(await consume(cluster.brokers, 'things', 2)).toEqual(['before', 'meanwhile'])
  }, 120_000)

  it('tells clients the address of a proxy', async () => {
    const port = await freePort()
    await using proxy = await startTcpProxy({ to: port })
    await using cluster = await startKafka({ ports: [port], advertised: [proxy.address] })
    expect(cluster.brokers).toEqual([proxy.address])
    await createTopic(cluster.brokers, 'things', 1)
    await produce(cluster.brokers, 'things', 'through')
    await proxy.cut()
    const before = proxy.accepted
    await expect(client(cluster.brokers).admin().connect()).rejects.toThrow()
    expect(proxy.accepted).toBe(before)
    await proxy.heal()
    expect(await consume(cluster.brokers, 'things', 1)).toEqual(['through'])
  })
})
