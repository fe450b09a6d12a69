import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '@gatehouse/testkit'
import { startControlPlane } from './control-plane.ts'
import { startGatewayProcess } from './gateway-process.ts'
import { alternate, atLeast, type Bench, below } from './measure.ts'
import { startBodyProxy, startBodyUpstream } from './peers/nginx-bodies.ts'
import { holdOn, type Pinned, residentMegabytes, scratchFolder } from './process.ts'
import { type Sample, trendOf } from './trend.ts'
import { loadProcess } from './wrk.ts'

const megabyte = 1 << 20
/** What the trend of its memory may add over all rounds: a thousandth of what has passed through by then. */
const growthMegabytesMax = 20

/** 1 MB up and down through the gateway and through a bare nginx, each alone on processor 0, and what the gateway holds. */
export const bench: Bench = {
  name: 'bodies',
  async run({ rounds = 7 }) {
    using _elsewhere = holdOn(1)
    await using opened = new AsyncDisposableStack()
    const keep = <Kept extends Pinned>(kept: Kept): Kept => {
      opened.defer(() => kept.stop())
      return kept
    }
    const [upstream, empty, proxy] = [await freePort(), await freePort(), await freePort()]
    const control = opened.use(await startControlPlane(`http://127.0.0.1:${upstream}`))
    keep(await startBodyUpstream(1, { listen: upstream, empty }, megabyte))
    const nginx = { ...keep(await startBodyProxy(0, proxy, upstream)), url: `http://127.0.0.1:${proxy}` }
    const gateway = keep(await startGatewayProcess(control, { cpu: 0, node: 'bench' }))
    const script = join(scratchFolder('bodies'), 'up.lua')
    writeFileSync(script, `wrk.method = "POST"\nwrk.body = string.rep("x", ${megabyte})\n`)
    const held: Sample[] = []
    const load = (name: string, subject: Pinned & { readonly url: string }, more: object) => async () => {
      const headers = { 'X-API-Key': control.key.apiKey }
      const url = `${subject.url}/orders/items`
      const load = { url, headers, seconds: 3, connections: 32, cpu: 1, ...more }
      const rate = await loadProcess(name, subject, load)
      if (subject === gateway) held.push({ at: held.length, value: residentMegabytes(gateway) })
      return rate
    }
    const subjects = {
      gatewayDown: load('gateway, down', gateway, {}),
      nginxDown: load('nginx, down', nginx, {}),
      gatewayUp: load('gateway, up', gateway, { script }),
      nginxUp: load('nginx, up', nginx, { script }),
    }
    for (const warmUp of Object.values(subjects)) await warmUp()
    held.length = 0
    const rates = await alternate(rounds, subjects)
    const down = { name: 'nginx', value: rates.nginxDown }
    const up = { name: 'nginx', value: rates.nginxUp }
    const trend = trendOf(held)
    const growth = trend.valueAt(held.length - 1) - trend.valueAt(0)
    return [
      atLeast('bodies', '1 MB down', 'MB/s', rates.gatewayDown, down, 0.8),
      atLeast('bodies', '1 MB up', 'MB/s', rates.gatewayUp, up, 0.8),
      below('bodies', 'resident memory, growth by its trend', 'MB', growth, growthMegabytesMax),
    ]
  },
}
