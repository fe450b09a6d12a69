import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, startPostgres, waitFor } from '@gatehouse/testkit'
import { startSystem } from '../e2e/system.ts'
import { startControlPlane } from './control-plane.ts'
import { alternate, atLeast, type Bench } from './measure.ts'
import { holdOn, listening, type Pinned, startPinned } from './process.ts'
import { requestsPerProcessorSecond } from './processor-rate.ts'

const seconds = 3
const clientSecret = 'a-secret-of-the-peer-that-nobody-guesses'

type Processes = Parameters<typeof requestsPerProcessorSecond>[0]
type Prepare = (url: string, credentials: string, processes: Processes) => Promise<() => Promise<number>>

/**
 * Client credentials with ES256 over HTTP: everything in one process, against one bare signature, and a peer. In
 * requests for each second of the processor, so that it does not matter who else uses the machine.
 */
export const bench: Bench = {
  name: 'token',
  async run({ rounds = 5 }) {
    using _elsewhere = holdOn(1)
    await using opened = new AsyncDisposableStack()
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-'))
    opened.defer(() => rm(folder, { recursive: true, force: true }))
    const prepare: Prepare = async (url, credentials, processes) => {
      const script = join(folder, `${new URL(url).port}.lua`)
      await writeFile(script, 'wrk.method = "POST"\nwrk.body = "grant_type=client_credentials"\n')
      const headers = {
        'Content-Type': 'application/x-www-form-urlencoded',
        Authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
      }
      const load = { url, headers, script, seconds, connections: 128, cpu: 1 }
      return () => requestsPerProcessorSecond(processes, load)
    }
    const subjects = {
      embedded: await embedded(opened, prepare),
      bare: await peer(opened, prepare, 'bare-signer.ts', 'secret'),
      provider: await peer(opened, prepare, 'oidc-provider.ts', clientSecret),
      distributed: await distributed(opened, prepare),
    }
    // Twice: code is compiled for what it meets most only after some ten thousand requests.
    for (const warmUp of [...Object.values(subjects), ...Object.values(subjects)]) await warmUp()
    const rates = await alternate(rounds, subjects)
    const measure = (metric: string, rate: number, name: string, value: number, factor: number) =>
      atLeast('token', metric, '1/CPU s', rate, { name, value }, factor)
    const inOne = 'client credentials, ES256, in one process'
    return [
      measure(inOne, rates.embedded, 'node:http with one bare signature', rates.bare, 0.7),
      measure(inOne, rates.embedded, 'oidc-provider', rates.provider, 1.9),
      measure('the same, two processes', rates.distributed, 'node:http with one bare signature', rates.bare, 0.3),
    ]
  },
}

async function embedded(opened: AsyncDisposableStack, prepare: Prepare) {
  // The event loop of every service is measured, not Postgres, which no token request waits for.
  const postgres = opened.use(await startPostgres())
  const settings = { GATEHOUSE_LOG_LEVEL: 'error', GATEHOUSE_POSTGRES_URL: postgres.url }
  const system = await startSystem('embedded', settings, { cpu: 0 })
  opened.defer(() => system.dispose())
  const { issuer, client_id: clientId, client_secret: secret } = system.demo
  return prepare(`${issuer}/orders/oauth2/v2/token`, `${clientId}:${secret}`, [{ child: system }])
}

async function peer(opened: AsyncDisposableStack, prepare: Prepare, script: string, secret: string) {
  const port = await freePort()
  const path = join(import.meta.dirname, 'peers', script)
  const pinned = startPinned(0, process.execPath, [path, String(port), secret])
  opened.defer(() => pinned.stop())
  await listening(port)
  return prepare(`http://127.0.0.1:${port}/token`, `demo:${secret}`, [pinned])
}

/** Gateway and token service as two processes, which are counted together. */
async function distributed(opened: AsyncDisposableStack, prepare: Prepare) {
  const [port, tokenPort] = [await freePort(), await freePort()]
  const issuer = `http://127.0.0.1:${port}`
  const control = opened.use(await startControlPlane('http://127.0.0.1:9', {}, issuer))
  const addresses = {
    GATEHOUSE_NODE: 'bench-distributed',
    GATEHOUSE_TOKEN_ADDRESS: `127.0.0.1:${tokenPort}`,
    GATEHOUSE_GATEWAY_ADDRESS: `127.0.0.1:${port}`,
  }
  const start = async (name: string, listensOn: number): Promise<Pinned> => {
    const main = join(import.meta.dirname, '..', '..', 'services', name, 'src', 'main.ts')
    const args = ['--disable-warning=ExperimentalWarning', main]
    const started = startPinned(0, process.execPath, args, { ...control.environment, ...addresses })
    opened.defer(() => started.stop())
    await listening(listensOn)
    return started
  }
  const processes = [await start('token', tokenPort), await start('gateway', port)]
  const { clientId, clientSecret: secret } = control.key
  const url = `${issuer}/orders/oauth2/v2/token`
  const authorization = `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`
  const body = new URLSearchParams({ grant_type: 'client_credentials' })
  const issues = async () => (await fetch(url, { method: 'POST', body, headers: { authorization } })).status === 200
  await waitFor(issues, { what: 'a token of two processes', timeoutMs: 20_000 })
  return prepare(url, `${clientId}:${secret}`, processes)
}
