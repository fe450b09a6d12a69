import { join } from 'node:path'
import { freePort } from '@gatehouse/testkit'
import { alternate, atLeast, type Bench } from './measure.ts'
import { startNginxPeers, startUpstream } from './peers/nginx.ts'
import { listening, startPinned } from './process.ts'
import { requestsPerSecond } from './wrk.ts'

const apiKey = 'key'

/** What HTTP/1.1 itself costs the gateway, in units of plain nginx: each proxy alone on processor 0, all else on 1. */
export const bench: Bench = {
  name: 'http1',
  async run({ rounds = 3 }) {
    const [upstream = 0, plain = 0, authRequest = 0, authService = 0, gateway = 0] = await Promise.all(
      Array.from({ length: 5 }, freePort),
    )
    const proxy = join(import.meta.dirname, 'http1-proxy.ts')
    const processes = [
      await startUpstream(1, upstream),
      await startNginxPeers(0, { plain, authRequest, authService, upstream }, apiKey),
      startPinned(0, process.execPath, [proxy, String(gateway), String(upstream), apiKey]),
    ]
    try {
      await listening(gateway)
      const load = (port: number) => () =>
        requestsPerSecond({
          url: `http://127.0.0.1:${port}/orders/1`,
          headers: { 'X-API-Key': apiKey },
          seconds: 3,
          connections: 32,
          cpu: 1,
        })
      await load(gateway)()
      const rates = await alternate(rounds, { nginx: load(plain), gateway: load(gateway) })
      const peer = { name: 'nginx', value: rates.nginx }
      return [atLeast('http1', 'proxied requests, trivial check', '1/s', rates.gateway, peer, 0.62)]
    } finally {
      await Promise.all(processes.map((one) => one.stop()))
    }
  },
}
