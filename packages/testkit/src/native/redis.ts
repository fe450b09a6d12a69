import { freePort } from '../free-port.ts'
import { type RedisOptions, type RedisServer, redisAnswers, redisArguments, withFlush } from '../redis.ts'
import { startServer } from '../server.ts'
import { startProcess } from './process-life.ts'
import { redisProgram } from './redis-program.ts'
import { openWorkspace } from './workspace.ts'

export async function nativeRedis(options: RedisOptions): Promise<RedisServer> {
  const command = await redisProgram()
  const workspace = await openWorkspace('redis')
  const port = await freePort()
  const url = `redis://127.0.0.1:${port}`
  const args = ['--bind', '127.0.0.1', '--port', String(port), '--dir', workspace.directory]
  args.push(...redisArguments(options, '127.0.0.1', port))
  if (options.cluster) args.push('--cluster-port', String(await freePort()))
  const server = await startServer({
    source: 'native',
    signals: { immediate: 'SIGKILL', fast: 'SIGTERM' },
    release: workspace.release,
    launch: () =>
      startProcess({
        name: 'redis',
        command,
        args,
        workspace,
        lastSignal: 'SIGKILL',
        ready: () => redisAnswers(url, 'Redis answers'),
      }),
  })
  return withFlush(server, url)
}
