import { join } from 'node:path'
import { freePort } from '@gatehouse/testkit'
import { startControlPlane } from './control-plane.ts'
import { startGatewayProcess } from './gateway-process.ts'
import { alternate, atLeast, type Bench, withoutPeer } from './measure.ts'
import { startEnvoy } from './peers/envoy.ts'
import { startExpressGateway } from './peers/express-gateway.ts'
import { startNginxPeers, startUpstream } from './peers/nginx.ts'
import { startNginxLua } from './peers/nginx-lua.ts'
import { orMissing, type Peer } from './peers/peer.ts'
import { startTraefik } from './peers/traefik.ts'
import { holdOn, listening, startPinned } from './process.ts'
import { loadProcess } from './wrk.ts'

type Start = (cpu: number, upstream: number, apiKey: string) => Promise<Peer>

const peers: readonly { readonly name: string; readonly factor: number; readonly start: Start }[] = [
  { name: 'nginx auth_request', factor: 1.1, start: startAuthRequest },
  { name: 'nginx with Lua: key, limit, log', factor: 0.9, start: startNginxLua },
  { name: 'Envoy api_key_auth', factor: 1, start: startEnvoy },
  { name: 'Traefik basicAuth, SHA-1', factor: 1.7, start: startTraefik },
  { name: 'bare undici proxy', factor: 1.4, start: startUndici },
  { name: 'express-gateway key-auth', factor: 4.5, start: startExpressGateway },
]

/** Enough for a gateway to serve others while some wait for its disk; the same for every peer. */
const connections = 128

/** API key, limit and a durable record for every answer, against peers that check less: each alone on processor 0. */
export const bench: Bench = {
  name: 'gateway',
  async run({ rounds = 5 }) {
    using _elsewhere = holdOn(1)
    await using opened = new AsyncDisposableStack()
    const upstream = await freePort()
    const control = opened.use(await startControlPlane(`http://127.0.0.1:${upstream}`))
    const { apiKey } = control.key
    const keep = <Kept extends { stop(): Promise<void> } | undefined>(kept: Kept): Kept => {
      opened.defer(() => kept?.stop())
      return kept
    }
    keep(await startUpstream(1, upstream))
    const gateway = keep(await startGatewayProcess(control, { cpu: 0, node: 'bench' }))
    const subjects: Record<string, () => Promise<number>> = {}
    const add = async (name: string, peer: Peer) => {
      const load = { url: `${peer.url}/orders/items`, headers: peer.headers, seconds: 3, connections, cpu: 1 }
      subjects[name] = () => loadProcess(name, peer, load)
      await subjects[name]()
    }
    await add('gateway', { ...gateway, headers: { 'X-API-Key': apiKey } })
    for (const { name, start } of peers) {
      const peer = keep(await orMissing(name, () => start(0, upstream, apiKey)))
      if (peer) await add(name, peer)
    }
    const rates = await alternate(rounds, subjects)
    const rate = rates['gateway'] ?? Number.NaN
    return peers.map(({ name, factor }) => {
      const value = rates[name]
      const what = ['gateway', 'requests, key + limit + record', '1/s', rate] as const
      return value === undefined ? withoutPeer(...what, name, factor) : atLeast(...what, { name, value }, factor)
    })
  },
}

async function startAuthRequest(cpu: number, upstream: number, apiKey: string): Promise<Peer> {
  const [plain, authRequest, authService] = [await freePort(), await freePort(), await freePort()]
  const peer = await startNginxPeers(cpu, { plain, authRequest, authService, upstream }, apiKey)
  return { ...peer, url: `http://127.0.0.1:${authRequest}`, headers: { 'X-API-Key': apiKey } }
}

async function startUndici(cpu: number, upstream: number): Promise<Peer> {
  const port = await freePort()
  const script = join(import.meta.dirname, 'peers', 'undici-proxy.ts')
  const peer = startPinned(cpu, process.execPath, [script, String(port), String(upstream)])
  await listening(port)
  return { ...peer, url: `http://127.0.0.1:${port}`, headers: {} }
}
