import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, startPostgres, waitFor } from '@gatehouse/testkit'
import { startSystem } from '../e2e/system.ts'
import { startControlPlane } from './control-plane.ts'
import { alternate, atLeast, type Bench, median } from './measure.ts'
import { listening, startPinned } from './process.ts'
import { requestsPerSecond } from './wrk.ts'

const rounds = 5
const seconds = 3
const clientSecret = 'a-secret-of-the-peer-that-nobody-guesses'

/** Client credentials with ES256 over HTTP: everything in one process, against one bare signature, and a peer. */
export const bench: Bench = {
  name: 'token',
  async run() {
    await using opened = new AsyncDisposableStack()
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-'))
    opened.defer(() => rm(folder, { recursive: true, force: true }))
    const [bare = 0, peer = 0] = [await freePort(), await freePort()]
    const start = (script: string, args: readonly string[]) => {
      const pinned = startPinned(0, process.execPath, [join(import.meta.dirname, 'peers', script), ...args])
      opened.defer(() => pinned.stop())
    }
    start('bare-signer.ts', [String(bare)])
    start('oidc-provider.ts', [String(peer), clientSecret])
    // The event loop of every service is measured, not Postgres, which no token request waits for.
    const postgres = opened.use(await startPostgres())
    const settings = { GATEHOUSE_LOG_LEVEL: 'error', GATEHOUSE_POSTGRES_URL: postgres.url }
    const system = await startSystem('embedded', settings, { cpu: 0 })
    opened.defer(() => system.dispose())
    await Promise.all([listening(bare), listening(peer)])
    const { issuer, client_id: clientId, client_secret: secret } = system.demo
    const load = async (url: string, credentials: string) => {
      const script = join(folder, `${new URL(url).port}.lua`)
      const body = 'grant_type=client_credentials'
      await writeFile(script, `wrk.method = "POST"\nwrk.body = "${body}"\n`)
      const headers = {
        'Content-Type': 'application/x-www-form-urlencoded',
        Authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
      }
      return () => requestsPerSecond({ url, headers, script, seconds, connections: 32, cpu: 1 })
    }
    const subjects = {
      embedded: await load(`${issuer}/orders/oauth2/v2/token`, `${clientId}:${secret}`),
      bare: await load(`http://127.0.0.1:${bare}/token`, 'demo:secret'),
      provider: await load(`http://127.0.0.1:${peer}/token`, `demo:${clientSecret}`),
    }
    for (const warmUp of Object.values(subjects)) await warmUp()
    const rates = await alternate(rounds, subjects)
    const distributed = await perCoreUsed(opened, load)
    const measure = (name: string, value: number, factor: number) =>
      atLeast('token', 'client credentials, ES256, in one process', '1/s', rates.embedded, { name, value }, factor)
    return [
      measure('node:http with one bare signature', rates.bare, 0.7),
      measure('oidc-provider', rates.provider, 1.9),
      atLeast(
        ...(['token', 'client credentials, two processes, for each core used', '1/s', distributed] as const),
        { name: 'node:http with one bare signature', value: rates.bare },
        0.3,
      ),
    ]
  },
}

type Prepare = (url: string, credentials: string) => Promise<() => Promise<number>>

/** Gateway and token service as two processes: requests for each second of processor time that both use. */
async function perCoreUsed(opened: AsyncDisposableStack, prepare: Prepare): Promise<number> {
  const [port, tokenPort] = [await freePort(), await freePort()]
  const issuer = `http://127.0.0.1:${port}`
  const control = opened.use(await startControlPlane('http://127.0.0.1:9', {}, issuer))
  const environment = { ...control.environment, GATEHOUSE_TOKEN_ADDRESS: `127.0.0.1:${tokenPort}` }
  const start = (name: string, more: NodeJS.ProcessEnv) => {
    const main = join(import.meta.dirname, '..', '..', 'services', name, 'src', 'main.ts')
    const started = startPinned(0, process.execPath, ['--disable-warning=ExperimentalWarning', main], {
      ...environment,
      ...more,
    })
    opened.defer(() => started.stop())
    return started.child.pid ?? 0
  }
  const node = 'bench-distributed'
  const token = start('token', { GATEHOUSE_NODE: node })
  await listening(tokenPort)
  const gateway = start('gateway', { GATEHOUSE_NODE: node, GATEHOUSE_GATEWAY_ADDRESS: `127.0.0.1:${port}` })
  await listening(port)
  const { clientId, clientSecret } = control.key
  const url = `${issuer}/orders/oauth2/v2/token`
  const authorization = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`
  const body = new URLSearchParams({ grant_type: 'client_credentials' })
  const issues = async () => (await fetch(url, { method: 'POST', body, headers: { authorization } })).status === 200
  await waitFor(issues, { what: 'a token of two processes', timeoutMs: 20_000 })
  const run = await prepare(url, `${clientId}:${clientSecret}`)
  await run()
  const measured: number[] = []
  for (let round = 0; round < rounds; round++) {
    const before = processorSeconds(gateway) + processorSeconds(token)
    const rate = await run()
    measured.push((rate * seconds) / (processorSeconds(gateway) + processorSeconds(token) - before))
  }
  return median(measured)
}

/** User and system time of a process so far. */
function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  const ticksPerSecond = 100
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}
