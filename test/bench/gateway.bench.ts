import { join } from 'node:path'
import { freePort } from '@gatehouse/testkit'
import { startControlPlane } from './control-plane.ts'
import { startGatewayProcess } from './gateway-process.ts'
import { alternate, atLeast, type Bench } from './measure.ts'
import { startExpressGateway } from './peers/express-gateway.ts'
import { startNginxPeers, startUpstream } from './peers/nginx.ts'
import { holdOn, listening, startPinned } from './process.ts'
import { requestsPerSecond } from './wrk.ts'

const rounds = 5

/** API key, limit and a durable record for every answer, against peers that check less: each alone on processor 0. */
export const bench: Bench = {
  name: 'gateway',
  async run() {
    using _elsewhere = holdOn(1)
    await using opened = new AsyncDisposableStack()
    const [upstream = 0, plain = 0, authRequest = 0, authService = 0, undici, express, admin] = await Promise.all(
      Array.from({ length: 7 }, freePort),
    )
    const ports = { upstream, plain, authRequest, authService }
    const control = opened.use(await startControlPlane(`http://127.0.0.1:${upstream}`))
    const { apiKey } = control.key
    const defer = <Peer extends { stop(): Promise<void> }>(peer: Peer) => {
      opened.defer(() => peer.stop())
      return peer
    }
    defer(await startUpstream(1, upstream))
    defer(await startNginxPeers(0, ports, apiKey))
    const undiciScript = join(import.meta.dirname, 'peers', 'undici-proxy.ts')
    defer(startPinned(0, process.execPath, [undiciScript, String(undici), String(upstream)]))
    const expressPorts = { listen: express ?? 0, admin: admin ?? 0, upstream }
    const { authorization } = defer(await startExpressGateway(0, expressPorts))
    const gateway = defer(await startGatewayProcess(control, { cpu: 0, node: 'bench' }))
    await listening(undici ?? 0)

    const load = (base: string, headers: Record<string, string>) => () =>
      requestsPerSecond({ url: `${base}/orders/items`, headers, seconds: 3, connections: 32, cpu: 1 })
    const local = (port: number | undefined) => `http://127.0.0.1:${port}`
    const subjects = {
      gateway: load(gateway.url, { 'X-API-Key': apiKey }),
      nginxAuthRequest: load(local(authRequest), { 'X-API-Key': apiKey }),
      undici: load(local(undici), {}),
      express: load(local(express), { Authorization: authorization }),
    }
    for (const warmUp of Object.values(subjects)) await warmUp()
    const rates = await alternate(rounds, subjects)
    const measure = (name: string, value: number, factor: number) =>
      atLeast('gateway', 'requests, key + limit + record', '1/s', rates.gateway, { name, value }, factor)
    return [
      measure('nginx auth_request', rates.nginxAuthRequest, 0.9),
      measure('bare undici proxy', rates.undici, 1.4),
      measure('express-gateway key-auth', rates.express, 4.5),
    ]
  },
}
