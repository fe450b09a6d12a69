import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@gatehouse/testkit'
import { startSystem } from '../e2e/system.ts'
import { alternate, atLeast, type Bench } from './measure.ts'
import { listening, startPinned } from './process.ts'
import { requestsPerSecond } from './wrk.ts'

const rounds = 5
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
    const system = await startSystem('embedded', { GATEHOUSE_LOG_LEVEL: 'error' }, { cpu: 0 })
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
      return () => requestsPerSecond({ url, headers, script, seconds: 3, connections: 32, cpu: 1 })
    }
    const subjects = {
      embedded: await load(`${issuer}/orders/oauth2/v2/token`, `${clientId}:${secret}`),
      bare: await load(`http://127.0.0.1:${bare}/token`, 'demo:secret'),
      provider: await load(`http://127.0.0.1:${peer}/token`, `demo:${clientSecret}`),
    }
    for (const warmUp of Object.values(subjects)) await warmUp()
    const rates = await alternate(rounds, subjects)
    const measure = (name: string, value: number, factor: number) =>
      atLeast('token', 'client credentials, ES256, in one process', '1/s', rates.embedded, { name, value }, factor)
    return [
      measure('node:http with one bare signature', rates.bare, 0.7),
      measure('oidc-provider', rates.provider, 1.9),
    ]
  },
}
