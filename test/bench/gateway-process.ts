import { join } from 'node:path'
import { freePort, waitFor } from '@gatehouse/testkit'
import type { ControlPlane } from './control-plane.ts'
import { type Pinned, startPinned } from './process.ts'

export interface BenchGateway extends Pinned {
  readonly url: string
}

/** Starts a real gateway on one processor and waits until it lets the key in. */
export async function startGatewayProcess(
  control: ControlPlane,
  { cpu, node, more }: { cpu: number | string; node: string; more?: NodeJS.ProcessEnv },
): Promise<BenchGateway> {
  const port = await freePort()
  const main = join(import.meta.dirname, '..', '..', 'services', 'gateway', 'src', 'main.ts')
  const gateway = startPinned(cpu, process.execPath, ['--disable-warning=ExperimentalWarning', main], {
    ...control.environment,
    GATEHOUSE_GATEWAY_ADDRESS: `127.0.0.1:${port}`,
    GATEHOUSE_NODE: node,
    ...more,
  })
  const url = `http://127.0.0.1:${port}`
  const letsIn = async () =>
    (await fetch(`${url}/orders/items`, { headers: { 'x-api-key': control.key.apiKey } })).status === 200
  await waitFor(letsIn, { what: 'the gateway lets the key in', timeoutMs: 60_000 })
  return { ...gateway, url }
}
