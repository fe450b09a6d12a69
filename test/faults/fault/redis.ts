import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { checkGoodKeys } from '../check/good-keys.ts'
import type { Scene, SceneFault } from './scene.ts'

/** Nothing calls a good key wrong while the state is away: it is let in, or told 503. */
const loses = (name: string, lose: (scene: Scene) => Promise<unknown>): SceneFault => ({
  name,
  async run(scene) {
    const from = performance.now()
    await lose(scene)
    const { commands, calls } = scene.workload.history
    // What was issued until some time ago was known everywhere.
    return checkGoodKeys({ commands, calls: calls.filter(({ invokedAt }) => invokedAt > from) }, from - 3_000)
  },
})

export const redisFaults: readonly SceneFault[] = [
  loses('redis flushed', ({ installation }) => installation.redis.flushAll()),
  loses('redis killed, back empty', async ({ installation, outage }) => {
    await installation.redis.kill()
    await outage(2_000)
    await installation.redis.restart()
  }),
  loses('redis stopped', async ({ installation, outage }) => {
    await installation.redis.pause()
    await outage(2_000)
    await installation.redis.resume()
  }),
  loses('redis back with an old dump', async ({ installation, workload, outage }) => {
    const dump = await saveDump(installation.redis.url)
    // What ends now is good in the dump.
    for (let n = 0; n < 3; n++) await workload.revokeOne()
    await outage(500)
    await installation.redis.kill()
    await installation.redis.restart()
    await outage(1_000)
    // The next loss is one of everything.
    await rm(dump, { force: true })
  }),
]

/** Writes the dump that a start reads; answers where. */
async function saveDump(url: string): Promise<string> {
  const redis = new Redis(url)
  try {
    await redis.save()
    const [, directory = ''] = (await redis.config('GET', 'dir')) as string[]
    return join(directory, 'dump.rdb')
  } finally {
    redis.disconnect()
  }
}
