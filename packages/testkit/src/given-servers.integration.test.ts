import { afterEach, describe, expect, it, vi } from 'vitest'
import { freePort, startKafka, startPostgres, startRedis } from './index.ts'
import { sharedDatabase, sharedKafka, sharedRedis } from './shared/shared-servers.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

describe('servers from the environment', () => {
  it('are taken as they are and never stopped', async () => {
    const [postgresUrl, redisUrl, { brokers }] = [await sharedDatabase(), await sharedRedis(), await sharedKafka()]
    vi.stubEnv('GATEHOUSE_POSTGRES_URL', postgresUrl)
    vi.stubEnv('GATEHOUSE_REDIS_URL', redisUrl)
    vi.stubEnv('GATEHOUSE_KAFKA_BROKERS', brokers.join(','))
    const [postgres, redis, kafka] = [await startPostgres(), await startRedis(), await startKafka()]
    expect([postgres.url, redis.url, kafka.brokers]).toEqual([postgresUrl, redisUrl, brokers])
    expect([postgres.source, redis.source, kafka.source]).toEqual(Array(3).fill('environment'))
    for (const server of [postgres, redis, kafka.broker(0)]) {
      await expect(server.kill()).rejects.toThrow('not ours to stop')
      await server.stop()
    }
    expect((await startPostgres()).url).toBe(postgresUrl)
    expect((await startRedis()).url).toBe(redisUrl)
    expect((await startKafka()).brokers).toEqual(brokers)
  })

  it('that do not answer are an error that names the variable', async () => {
    vi.stubEnv('GATEHOUSE_REDIS_URL', `redis://127.0.0.1:${await freePort()}`)
    await expect(startRedis()).rejects.toThrow(/GATEHOUSE_REDIS_URL .*ECONNREFUSED/)
  })
})
