import { waitFor } from '@gatehouse/testkit'
import { issueKey, revokeKey } from '../../e2e/client.ts'
import type { Installation, MemberName } from '../../faults/installation.ts'
import { rebuildOf } from '../../faults/rebuild.ts'
import { startCalls, statusOf } from './calls.ts'
import { requestsPerProcessorSecond } from './load.ts'

/** Those that decide on the read model. */
const deciders = ['policy', 'token', 'gateway', 'gateway-2'] as const

/** Waits until all gateways let a key in. */
export async function letIn({ gateways, demo }: Installation, apiKey: string): Promise<void> {
  for (const gateway of Object.values(gateways)) {
    const isLetIn = async () => (await statusOf(`${gateway}${demo.path}`, apiKey)) === 200
    await waitFor(isLetIn, { what: 'the gateway lets the key in', timeoutMs: 1_200_000, intervalMs: 50 })
  }
}

/** Requests in a second of processor: at the first gateway, and at the second, whose cache is too small for many keys. */
export async function rates(installation: Installation, apiKeys: readonly string[]) {
  const { members, gateways, demo } = installation
  const rate = (name: 'gateway' | 'gateway-2') =>
    requestsPerProcessorSecond(members[name], `${gateways[name]}${demo.path}`, apiKeys)
  return { cached: await rate('gateway'), uncached: await rate('gateway-2') }
}

/** MB of 2^20 bytes that each decider holds. */
export async function residentMegabytes({ members }: Installation) {
  const of = async (name: MemberName) => [name, (await members[name].metric('process_resident_memory_bytes')) / 2 ** 20]
  return Object.fromEntries(await Promise.all(deciders.map(of))) as Record<(typeof deciders)[number], number>
}

/** Kills all who decide, and starts them anew. @returns seconds until a key is let in again */
export async function restart(installation: Installation, apiKey: string): Promise<number> {
  const { members } = installation
  await Promise.all(deciders.map((name) => members[name].kill()))
  const from = performance.now()
  await Promise.all(deciders.map((name) => members[name].start()))
  await letIn(installation, apiKey)
  return (performance.now() - from) / 1000
}

/** A rebuild under calls, one of them with a key that is revoked. */
export async function rebuildWhileServing(installation: Installation, apiKeys: readonly string[]) {
  const { id, key } = await issueKey(installation)
  await letIn(installation, key)
  await revokeKey(installation, id)
  const url = `${installation.gateways.gateway}${installation.demo.path}`
  await waitFor(async () => (await statusOf(url, key)) === 401, { what: 'the revocation is known' })
  const calls = startCalls(url, apiKeys, key)
  const [from, used] = [performance.now(), process.cpuUsage()]
  const { identical } = await rebuildOf(installation)
  const seconds = (performance.now() - from) / 1000
  const { user, system } = process.cpuUsage(used)
  return { seconds, processor: (user + system) / 1e6, identical, answers: await calls.stop() }
}
