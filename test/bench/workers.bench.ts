import { availableParallelism } from 'node:os'
import { freePort } from '@gatehouse/testkit'
import { startControlPlane } from './control-plane.ts'
import { type BenchGateway, startGatewayProcess } from './gateway-process.ts'
import { alternate, atLeast, type Bench, type Measure, median } from './measure.ts'
import { startUpstream } from './peers/nginx.ts'
import { childrenOf, holdOn, processorSeconds } from './process.ts'
import { requestsPerSecond } from './wrk.ts'

const seconds = 4
const goal = 1.8
const processors = availableParallelism()
/** Processors that the gateways leave alone: none where there are two. */
const others = processors > 2 ? `2-${processors - 1}` : undefined

/**
 * Two workers on two processors against one on one. Where there are more than two processors, the load and the upstream
 * have the others and throughput says it. Where there are two, the load takes a part of what the workers need, so the
 * work is compared: if a request takes two workers as little processor time as one worker, two do twice as much. What
 * they cost each other (caches, locks of the kernel, two spools in one disk's queue) is in that time.
 */
export const bench: Bench = {
  name: 'workers',
  async run({ rounds = 5 }) {
    using _elsewhere = holdOn(others ?? 1)
    await using opened = new AsyncDisposableStack()
    const port = await freePort()
    const control = opened.use(await startControlPlane(`http://127.0.0.1:${port}`))
    const upstream = await startUpstream(others ?? '0,1', port)
    opened.defer(() => upstream.stop())
    const start = async (node: string, cpu: string, workers: number) => {
      const more = { GATEHOUSE_GATEWAY_WORKERS: String(workers) }
      const gateway = await startGatewayProcess(control, { cpu, node, more })
      opened.defer(() => gateway.stop())
      return gateway
    }
    const one = await start('one', '0', 1)
    const two = await start('two', '0,1', 2)
    const headers = { 'X-API-Key': control.key.apiKey }
    const load = ({ url }: BenchGateway, cpu: number | string) =>
      requestsPerSecond({ url: `${url}/orders/items`, headers, seconds, connections: 64, cpu })
    const [single, double] = [watch([one]), watch([two, ...childrenOf(two)])]
    const subjects = {
      one: () => single.during(() => load(one, others ?? 1)),
      two: () => double.during(() => load(two, others ?? '0,1')),
    }
    for (const warmUp of Object.values(subjects)) await warmUp()
    const rates = await alternate(rounds, subjects)
    const [busier = 0, other = 0] = double.shares()
    return [
      throughput(rates.two, rates.one),
      atLeast(
        ...(['workers', 'requests for the processor time of two', '1/s', 2 * double.perSecond()] as const),
        { name: 'one worker, of one', value: single.perSecond() },
        goal,
      ),
      atLeast('workers', 'work of the less busy worker', 's', other, { name: 'the busier', value: busier }, 0.8),
    ]
  },
}

function throughput(two: number, one: number): Measure {
  const measure = atLeast('workers', 'requests, two workers', '1/s', two, { name: 'one worker', value: one }, goal)
  return others ? measure : { ...measure, goal: 'none: the load is on the same two processors', ok: true }
}

/** What processes use of the processor while they serve. */
function watch(processes: Parameters<typeof processorSeconds>[0][]) {
  const perSecond: number[] = []
  const used = processes.map(() => 0)
  return {
    async during(load: () => Promise<number>): Promise<number> {
      const before = processes.map(processorSeconds)
      const rate = await load()
      const spent = processes.map((each, index) => processorSeconds(each) - (before[index] ?? 0))
      for (const [index, value] of spent.entries()) used[index] = (used[index] ?? 0) + value
      perSecond.push((rate * seconds) / spent.reduce((sum, value) => sum + value, 0))
      return rate
    },
    /** Requests for each second of processor time. */
    perSecond: () => median(perSecond),
    /** Seconds of each process, the most first. */
    shares: () => used.toSorted((a, b) => b - a),
  }
}
