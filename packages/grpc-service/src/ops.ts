import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Registry } from 'prom-client'
import { cannotListen } from './environment.ts'

export interface OpsOptions {
  /** 0 takes a free port. */
  readonly port: number
  /** [127.0.0.1]; it answers everybody who reaches it. */
  readonly host?: string
  /** Whether the service can do its work now; a rejection counts as no. */
  readonly ready: () => boolean | Promise<boolean>
  readonly registry: Registry
}

/** Serves `/livez` (200 while the process answers), `/readyz` (200 or 503) and `/metrics` (Prometheus text). */
export async function startOps(options: OpsOptions): Promise<{ readonly address: string; close(): Promise<void> }> {
  const host = options.host ?? '127.0.0.1'
  const server = createServer({ requestTimeout: 5000 }, async (request, response) => {
    // A metric that cannot be read must not end the service.
    const { status, type, body } = await answer(request.url ?? '', options).catch(() => plain(500, 'failed'))
    response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(cannotListen(`${host}:${options.port}`, error)))
    server.listen(options.port, host, resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    address: `${host}:${port}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
}

async function answer(url: string, { ready, registry }: OpsOptions): Promise<Answer> {
  switch (url.split('?', 1)[0]) {
    case '/livez':
      return plain(200, 'alive')
    case '/readyz':
      return (await isReady(ready)) ? plain(200, 'ready') : plain(503, 'not ready')
    case '/metrics':
      return { status: 200, type: registry.contentType, body: await registry.metrics() }
    default:
      return plain(404, 'not found')
  }
}

async function isReady(ready: OpsOptions['ready']): Promise<boolean> {
  try {
    return await ready()
  } catch {
    return false
  }
}

function plain(status: number, text: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body: `${text}\n` }
}
