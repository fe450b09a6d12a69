import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { devCertificates } from '@gatehouse/grpc-service'
import { announcement } from './announce.ts'
import { readKnown, writeDemoFile } from './demo-file.ts'
import { demoApiId, demoEnvironmentId, seedDemo } from './seed.ts'
import { seedUser } from './seed-user.ts'
import { startDemoUpstream } from './upstream.ts'

export interface DemoOptions {
  readonly dataDir: string
  /** `host:port` of each, as bound. */
  readonly addresses: Readonly<Record<'credential' | 'policy' | 'token' | 'gateway' | 'console', string>>
  /** Where the demo's upstream listens; 0 takes a free port. */
  readonly upstreamPort: number
}

/** Starts the demo's upstream, describes the demo to the services and waits until the gateway lets its key in. */
export async function startDemo(
  options: DemoOptions,
): Promise<{ readonly announcement: string; close(): Promise<void> }> {
  const { dataDir, addresses } = options
  const upstream = await startDemoUpstream(options.upstreamPort)
  const tls = await devCertificates(dataDir, 'console')
  const known = await readKnown(dataDir)
  // RFC 8252 section 7.3: the address, since a name may lead elsewhere.
  const issuer = `http://127.0.0.1:${new URL(`http://${addresses.gateway}`).port || 80}`
  const client = await seedDemo({
    credentialAddress: addresses.credential,
    policyAddress: addresses.policy,
    ...{ tls, upstreamUrl: upstream.url, issuer, known },
  })
  const user = await seedUser({ tokenAddress: addresses.token, tls, environmentId: demoEnvironmentId, known })
  const demo = {
    ...{ ...client, ...user },
    gateway: `http://${reachable(addresses.gateway)}`,
    console: `http://${reachable(addresses.console)}`,
    environment: demoEnvironmentId,
    api: demoApiId,
    path: `/${demoApiId}/items`,
    issuer,
    resource: `${issuer}/${demoApiId}`,
    operatorToken: (await readFile(join(dataDir, 'operator-token'), 'utf8')).trim(),
  }
  await letIn(`${demo.gateway}${demo.path}`, client.apiKey)
  await writeDemoFile(dataDir, demo)
  return { announcement: announcement(demo, dataDir, new Date()), close: upstream.close }
}

/** Time to fold a log of some million credentials on a slow machine. */
const letInMsMax = 120_000

/** The gateway may be some milliseconds behind what was just described to the services. */
async function letIn(url: string, apiKey: string): Promise<void> {
  const deadline = performance.now() + letInMsMax
  for (;;) {
    const { status } = await fetch(url, { headers: { 'x-api-key': apiKey } })
    if (status === 200) return
    if (performance.now() > deadline) throw new Error(`the gateway answers the demo's key with ${status}`)
    await sleep(50)
  }
}

/** An address that listens everywhere, as one that can be asked. */
function reachable(address: string): string {
  return address.replace(/^(0\.0\.0\.0|\[::\])/, 'localhost').replace(/^127\.0\.0\.1/, 'localhost')
}
