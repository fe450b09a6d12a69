import { freePort } from '../free-port.ts'
import { type RedisOptions, type RedisServer, redisAnswers, redisArguments, withFlush } from '../redis.ts'
import { dockerHost, startContainer } from './container.ts'

export async function dockerRedis(options: RedisOptions): Promise<RedisServer> {
  const port = await freePort()
  const host = await dockerHost()
  const url = `redis://${host}:${port}`
  const server = await startContainer({
    image: 'redis:8',
    ports: { 6379: port },
    command: ['redis-server', ...redisArguments(options, host, port)],
    signals: { immediate: 'SIGKILL', fast: 'SIGTERM' },
    ready: () => redisAnswers(url, 'Redis in Docker answers'),
  })
  return withFlush(server, url)
}
