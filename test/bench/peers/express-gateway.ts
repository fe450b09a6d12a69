import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { listening, type Pinned, startPinned } from '../process.ts'

/** The version that is compared with. */
const version = '1.16.11'

/** Installs express-gateway into the cache, never into the project: it is a peer, not a dependency. */
function install(): string {
  const dir = join(
    process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
    'gatehouse',
    `express-gateway-${version}`,
  )
  if (!existsSync(join(dir, 'node_modules', 'express-gateway'))) {
    mkdirSync(dir, { recursive: true })
    writeFileSync(join(dir, 'package.json'), '{"private":true}')
    execFileSync('npm', ['install', '--ignore-scripts', '--loglevel=error', `express-gateway@${version}`], {
      cwd: dir,
      stdio: 'inherit',
    })
  }
  return dir
}

/** Writes the configuration: one endpoint, key-auth, proxy. @returns the script that starts it */
function configure(installed: string, ports: { listen: number; admin: number; upstream: number }): string {
  const dir = mkdtempSync(join(tmpdir(), 'gatehouse-express-gateway-'))
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

/** @returns the running peer and the Authorization header that it accepts */
export async function startExpressGateway(
  cpu: number,
  ports: { listen: number; admin: number; upstream: number },
): Promise<Pinned & { authorization: string }> {
  const script = configure(install(), ports)
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
  return { ...peer, authorization: `apiKey ${key['keyId']}:${key['keySecret']}` }
}
