import pg from 'pg'
import { isAllow } from '../history.ts'
import type { Scene, SceneFault } from './scene.ts'

export const postgresFaults: readonly SceneFault[] = [
  {
    name: 'postgres ended at once',
    run: (scene) =>
      goingOn(scene, async () => {
        await scene.installation.postgres.kill('immediate')
        await scene.outage(2_000)
        await scene.installation.postgres.restart()
      }),
  },
  {
    name: 'postgres stopped',
    run: (scene) =>
      goingOn(scene, async () => {
        await scene.installation.postgres.pause()
        await scene.outage(2_000)
        await scene.installation.postgres.resume()
      }),
  },
  { name: 'postgres connection storm', run: storm },
]

/** Calls without a bound on staleness are answered whether commands are or not. */
async function goingOn({ workload }: Scene, hurt: () => Promise<void>): Promise<string[]> {
  const from = performance.now()
  await hurt()
  const allowed = workload.history.calls.some((call) => call.invokedAt > from && !call.strict && isAllow(call))
  return allowed ? [] : ['no call was let in while Postgres was away']
}

/** Takes every connection that Postgres gives, until it gives none. */
async function storm({ installation, outage }: Scene): Promise<void> {
  const clients: pg.Client[] = []
  for (let refused = 0; refused < 3 && clients.length < 500; ) {
    const client = new pg.Client({ connectionString: installation.postgres.url, connectionTimeoutMillis: 5_000 })
    client.on('error', () => {})
    await client.connect().then(
      () => clients.push(client),
      () => {
        refused++
      },
    )
  }
  await outage(2_000)
  await Promise.all(clients.map((client) => client.end().catch(() => {})))
}
