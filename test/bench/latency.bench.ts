import { freePort } from '@gatehouse/testkit'
import { startControlPlane } from './control-plane.ts'
import { startGatewayProcess } from './gateway-process.ts'
import { type Bench, below, median, percentile } from './measure.ts'
import { pacedLoad } from './paced-load.ts'
import { startUpstream } from './peers/nginx.ts'
import { holdOn } from './process.ts'

const perSecond = 1000
const seconds = 4

/** What the gateway adds to the upstream alone at 1,000 requests a second, with its records on disk. */
export const bench: Bench = {
  name: 'latency',
  async run({ rounds = 5 }) {
    using _elsewhere = holdOn(1)
    await using opened = new AsyncDisposableStack()
    const port = await freePort()
    const control = opened.use(await startControlPlane(`http://127.0.0.1:${port}`))
    const upstream = await startUpstream(1, port)
    opened.defer(() => upstream.stop())
    const gateway = await startGatewayProcess(control, { cpu: 0, node: 'bench' })
    opened.defer(() => gateway.stop())
    const load = async (base: string) => {
      const rate = { url: `${base}/orders/items`, apiKey: control.key.apiKey, perSecond, seconds }
      const times: number[] = []
      for await (const window of pacedLoad(1, rate)) times.push(...window)
      return times
    }
    await load(gateway.url)
    const added: { p50: number[]; p99: number[] } = { p50: [], p99: [] }
    for (let round = 0; round < rounds; round++) {
      const alone = await load(`http://127.0.0.1:${port}`)
      const through = await load(gateway.url)
      added.p50.push(percentile(through, 0.5) - percentile(alone, 0.5))
      added.p99.push(percentile(through, 0.99) - percentile(alone, 0.99))
    }
    return [
      below('latency', 'added at 1,000 requests/s, p50', 'ms', median(added.p50), 0.3),
      below('latency', 'added at 1,000 requests/s, p99', 'ms', median(added.p99), 2),
    ]
  },
}
