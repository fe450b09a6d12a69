import { Redis } from 'ioredis'
import { nativeRedis } from './native/redis.ts'
import { givenServer, givenTimeoutMs, type Server } from './server.ts'
import { fromDockerOrNative } from './source.ts'
import { waitFor } from './wait-for.ts'

export interface RedisOptions {
  /** `none` (default): a restart finds nothing. `always`: appendonly with an fsync for every write. */
  readonly persistence?: 'none' | 'always'
  /** A cluster of one shard, always one of our own. */
  readonly cluster?: boolean
}

export interface RedisServer extends Server {
  /** `redis://127.0.0.1:PORT` (from the environment: as given there). */
  readonly url: string
  flushAll(): Promise<void>
}

/** How many databases our own Redis has: each test file takes one. */
export const redisDatabases = 4096

/** Settings of `redis.conf` for both ways of running our own. `host` and `port` are where it is reached. */
export function redisArguments({ persistence, cluster }: RedisOptions, host: string, port: number): string[] {
  const append = persistence === 'always' ? ['--appendonly', 'yes', '--appendfsync', 'always'] : []
  const announced = ['--cluster-announce-ip', host, '--cluster-announce-port', String(port)]
  const mode = cluster ? ['--cluster-enabled', 'yes', ...announced] : ['--databases', String(redisDatabases)]
  return ['--save', '', '--maxmemory-policy', 'noeviction', ...append, ...mode]
}

/** Redis from `GATEHOUSE_REDIS_URL`, else in Docker, else of this machine. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const url = process.env['GATEHOUSE_REDIS_URL']
  if (url && !options.cluster) {
    await redisAnswers(url, 'GATEHOUSE_REDIS_URL names a Redis that answers', givenTimeoutMs)
    return withFlush(givenServer('GATEHOUSE_REDIS_URL'), url)
  }
  const server = await fromDockerOrNative('Redis', {
    docker: async () => (await import('./docker/redis.ts')).dockerRedis(options),
    native: () => nativeRedis(options),
  })
  if (options.cluster) await takeAllSlots(server.url)
  return server
}

async function takeAllSlots(url: string): Promise<void> {
  await withRedis(url, (redis) => redis.call('CLUSTER', 'ADDSLOTSRANGE', 0, 16_383))
  const isWhole = async (redis: Redis) => String(await redis.call('CLUSTER', 'INFO')).includes('cluster_state:ok')
  await waitFor(() => withRedis(url, isWhole), { what: 'the cluster is whole', intervalMs: 20 })
}

export function withFlush(server: Server, url: string): RedisServer {
  return Object.assign(server, { url, flushAll: () => withRedis(url, async (redis) => void (await redis.flushall())) })
}

export async function redisAnswers(url: string, what: string, timeoutMs = 30_000): Promise<void> {
  const ping = () => withRedis(url, async (redis) => (await redis.ping()) === 'PONG')
  await waitFor(ping, { what, timeoutMs, intervalMs: 20 })
}

/** One connection that neither retries nor queues. */
export async function withRedis<Result>(url: string, work: (redis: Redis) => Promise<Result>): Promise<Result> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 })
  let cause: unknown
  redis.on('error', (error) => {
    cause = error
  })
  try {
    await redis.connect()
    return await work(redis)
  } catch (error) {
    throw cause ?? error // "Connection is closed" says less than what closed it
  } finally {
    redis.disconnect()
  }
}
