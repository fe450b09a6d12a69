import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fetchOnce, freePort, runProgram } from '@gatehouse/testkit'
import { listening, scratchFolder, startPinned } from '../process.ts'
import type { Peer } from './peer.ts'

/** The version that is compared with. */
const version = '1.16.11'

/** Installs express-gateway into the cache, never into the project: it is a peer, not a dependency. */
function install(): Promise<string> {
  return fetchOnce(`express-gateway-${version}`, async (part) => {
    writeFileSync(join(part, 'package.json'), '{"private":true}')
    const flags = ['--ignore-scripts', '--loglevel=error']
    await runProgram('npm', ['install', ...flags, `express-gateway@${version}`], { cwd: part })
  })
}

/** Writes the configuration: one endpoint, key-auth, proxy. @returns the script that starts it */
function configure(installed: string, ports: { listen: number; admin: number; upstream: number }): string {
  const dir = scratchFolder('express-gateway')
  const gateway = {
    http: { port: ports.listen },
    admin: { port: ports.admin, host: '127.0.0.1' },
    apiEndpoints: { api: { host: '*' } },
    serviceEndpoints: { upstream: { url: `http://127.0.0.1:${ports.upstream}` } },
    policies: ['key-auth', 'proxy'],
    pipelines: {
      default: {
        apiEndpoints: ['api'],
        policies: [{ 'key-auth': [{ action: {} }] }, { proxy: [{ action: { serviceEndpoint: 'upstream' } }] }],
      },
    },
  }
  const system = {
    db: { redis: { emulate: true, namespace: 'EG' } },
    crypto: { cipherKey: 'k', algorithm: 'aes256', saltRounds: 10 },
  }
  const lib = join(installed, 'node_modules', 'express-gateway')
  writeFileSync(join(dir, 'gateway.config.json'), JSON.stringify(gateway))
  writeFileSync(join(dir, 'system.config.json'), JSON.stringify(system))
  writeFileSync(
    join(dir, 'start.cjs'),
    `const fs = require('fs'), path = require('path')
fs.cpSync(${JSON.stringify(join(lib, 'lib', 'config', 'models'))}, path.join(__dirname, 'models'), { recursive: true })
require(${JSON.stringify(lib)})().load(__dirname).run()`,
  )
  return join(dir, 'start.cjs')
}

async function post(adminPort: number, path: string, body: object): Promise<Record<string, string>> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`http://127.0.0.1:${adminPort}${path}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  })
  if (!response.ok)
    throw new Error(`express-gateway answered ${response.status} to POST ${path}: ${await response.text()}`)
  return (await response.json()) as Record<string, string>
}

/** express-gateway with `key-auth`: nothing limited, nothing recorded. */
export async function startExpressGateway(cpu: number, upstream: number): Promise<Peer> {
  const ports = { listen: await freePort(), admin: await freePort(), upstream }
  const script = configure(await install(), ports)
  const peer = startPinned(cpu, process.execPath, ['--no-deprecation', script], {
    LOG_LEVEL: 'error',
    NODE_ENV: 'production',
  })
  await listening(ports.admin)
  await listening(ports.listen)
  const user = await post(ports.admin, '/users', { username: 'bench', firstname: 'a', lastname: 'b' })
  const key = await post(ports.admin, '/credentials', {
    consumerId: user['username'],
    type: 'key-auth',
    credential: {},
  })
  const authorization = `apiKey ${key['keyId']}:${key['keySecret']}`
  return { ...peer, url: `http://127.0.0.1:${ports.listen}`, headers: { Authorization: authorization } }
}
