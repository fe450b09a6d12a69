import { type Demo, startSystem } from '../e2e/system.ts'
import { startInstallation } from '../faults/installation.ts'
import { type Bench, below, percentile } from './measure.ts'
import { startProbe } from './probe.ts'

const revocations = Number(process.env['GATEHOUSE_BENCH_REVOCATIONS'] ?? 1000)
/** Keys that are on their way through issue, use and revocation at the same time. */
const lanes = 4

/** From the acknowledgement of a revocation to the last 200 that any gateway gave, with traffic on. */
export const bench: Bench = {
  name: 'revocation',
  async run() {
    await using installation = await startInstallation()
    const gateways = Object.values(installation.gateways)
    const distributed = await lateness(installation.demo, gateways)
    const embedded = await startSystem('embedded')
    try {
      const alone = await lateness(embedded.demo, [embedded.demo.gateway])
      return [
        below('revocation', 'ack to the last 200, two gateways, p99', 'ms', percentile(distributed, 0.99), 50),
        below('revocation', 'ack to the last 200, embedded, p99', 'ms', percentile(alone, 0.99), 20),
      ]
    } finally {
      await embedded.dispose()
    }
  },
}

/** @returns milliseconds for each revocation; 0 where no 200 came after the acknowledgement */
async function lateness(demo: Demo, gateways: readonly string[]): Promise<number[]> {
  const late: number[] = []
  const lane = async () => {
    while (late.length < revocations) late.push(await revokeOne(demo, gateways))
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return late
}

async function revokeOne(demo: Demo, gateways: readonly string[]): Promise<number> {
  const issued = await command(demo, '/v1/api-keys', { subscription_id: demo.subscription_id, display_name: 'bench' })
  const probes = gateways.map((gateway) => startProbe(`${gateway}${demo.path}`, issued.api_key_secret))
  await Promise.all(probes.map((probe) => probe.letIn))
  await command(demo, `/v1/api-keys/${issued.api_key.api_key_id}/revoke`, {})
  const acknowledgedAt = performance.now()
  const last = await Promise.all(probes.map((probe) => probe.lastAllow()))
  return Math.max(0, ...last.map((at) => at - acknowledgedAt))
}

interface Issued {
  readonly api_key: { readonly api_key_id: string }
  readonly api_key_secret: string
}

async function command(demo: Demo, path: string, body: object): Promise<Issued> {
  const response = await fetch(`${demo.console}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${demo.operator_token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`POST ${path} answered ${response.status}: ${await response.text()}`)
  return (await response.json()) as Issued
}
