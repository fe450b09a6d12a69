import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startKafka } from '../kafka.ts'
import { freshDatabase, startPostgres } from '../postgres.ts'
import { startRedis, withRedis } from '../redis.ts'

export interface ServerHost {
  readonly url: string
  stop(): Promise<void>
}

/**
 * Starts one server of a kind for all test files of a run, at the first request for it, and hands out parts of it:
 * `GET /postgres` a database, `GET /redis` a numbered database, `GET /kafka` the brokers.
 */
export async function hostServers(): Promise<ServerHost> {
  const started = new Map<string, Promise<AsyncDisposable>>()
  const once = <Started extends AsyncDisposable>(name: string, start: () => Promise<Started>): Promise<Started> => {
    const running = started.get(name) ?? start()
    started.set(name, running)
    return running as Promise<Started>
  }
  let redisDatabase = 0
  const parts: Record<string, () => Promise<unknown>> = {
    '/postgres': async () => freshDatabase(await once('postgres', () => startPostgres({ fsync: false }))),
    '/redis': async () => emptyRedisDatabase((await once('redis', startRedis)).url, ++redisDatabase),
    '/kafka': async () => (await once('kafka', startKafka)).brokers,
  }
  const server = createServer(async (request, response) => {
    const part = parts[request.url ?? '']
    const answer = part && (await part().then((value) => ({ value }), failure))
    response.writeHead(answer ? ('error' in answer ? 500 : 200) : 404).end(JSON.stringify(answer))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.close()
      server.closeAllConnections()
      const all = await Promise.allSettled(started.values())
      started.clear()
      await Promise.all(all.map(async (each) => each.status === 'fulfilled' && each.value[Symbol.asyncDispose]()))
    },
  }
}

function failure(error: unknown): { error: string } {
  return { error: error instanceof Error ? error.message : String(error) }
}

async function emptyRedisDatabase(server: string, number: number): Promise<string> {
  const url = new URL(server)
  url.pathname = `/${number}`
  await withRedis(server, async (redis) => {
    const [, count] = (await redis.config('GET', 'databases')) as [string, string]
    if (number >= Number(count)) throw new Error(`this run needs more than the ${count} databases of ${url.host}`)
  })
  await withRedis(url.href, (redis) => redis.flushdb())
  return url.href
}
