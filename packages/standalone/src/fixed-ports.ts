import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'

/** Services that others call: these need the address before it is bound, in both directions. */
const called = ['CREDENTIAL', 'POLICY', 'TOKEN', 'AUDIT'] as const

/** The same settings with a free port in the place of every port 0. */
export async function withFixedPorts(environment: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> {
  const fixed: NodeJS.ProcessEnv = { ...environment }
  for (const service of called) {
    const name = `GATEHOUSE_${service}_ADDRESS`
    const host = fixed[name]?.match(/^(.*):0$/)?.[1]
    if (host !== undefined) fixed[name] = `${host}:${await freePort(host)}`
  }
  return fixed
}

async function freePort(host: string): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
