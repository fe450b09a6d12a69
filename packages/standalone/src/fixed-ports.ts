import { unusedPort } from './unused-port.ts'

/** Services that others call: these need the address before it is bound, in both directions. */
const called = ['CREDENTIAL', 'POLICY', 'TOKEN', 'AUDIT'] as const

/** The same settings with a free port in the place of every port 0. */
export async function withFixedPorts(environment: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> {
  const fixed: NodeJS.ProcessEnv = { ...environment }
  for (const service of called) {
    const name = `GATEHOUSE_${service}_ADDRESS`
    const host = fixed[name]?.match(/^(.*):0$/)?.[1]
    if (host !== undefined) fixed[name] = `${host}:${await unusedPort(host)}`
  }
  return fixed
}
