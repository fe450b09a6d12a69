import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { callGateway } from '../call-gateway.ts'
import type { Call } from '../history.ts'
import type { Scene, SceneFault } from './scene.ts'

const memoryMax = 512 << 20

export const loadFaults: readonly SceneFault[] = [
  {
    name: 'slow upstream',
    hinders: false,
    async run({ installation, outage }) {
      if (installation.upstream) installation.upstream.delayMs = 1_000
      await outage(2_500)
      if (installation.upstream) installation.upstream.delayMs = 0
    },
  },
  { name: 'slow clients', hinders: false, run: slowClients },
  { name: 'twice the load', run: burst },
]

/** Heads that come a byte at a time, and answers that nobody reads. */
async function slowClients({ installation, outage }: Scene): Promise<string[]> {
  const { hostname, port } = new URL(installation.gateways.gateway)
  const sockets = Array.from({ length: 200 }, () => connect(Number(port), hostname).on('error', () => {}))
  const head = 'GET /orders/items HTTP/1.1\r\nHost: a\r\nX-Filler: '
  let sent = 0
  const timer = setInterval(() => {
    for (const socket of sockets) socket.write(head[sent] ?? 'x')
    sent++
  }, 50)
  await outage(2_500)
  clearInterval(timer)
  for (const socket of sockets) socket.destroy()
  return tooMuchMemory(installation)
}

/** As many calls at once as its clients make in seconds. */
async function burst({ installation, workload, random }: Scene): Promise<string[]> {
  const calls: Call[] = []
  for (let round = 0; round < 5; round++) {
    const batch = Array.from({ length: 100 }, () => {
      const key = random.pick(random.chance(0.5) ? workload.blocked.slice(-20) : workload.active)
      const gateway = random.chance(0.5) ? 'gateway' : 'gateway-2'
      return key && callGateway(installation, key, { gateway, strict: random.chance(0.4), carriesPosition: false })
    })
    calls.push(...(await Promise.all(batch)).filter((call) => call !== undefined))
    await sleep(50)
  }
  workload.add({ calls })
  return tooMuchMemory(installation)
}

async function tooMuchMemory({ members }: Scene['installation']): Promise<string[]> {
  const bytes = await members.gateway.metric('process_resident_memory_bytes')
  return bytes > memoryMax ? [`the gateway takes ${Math.round(bytes / (1 << 20))} MiB`] : []
}
