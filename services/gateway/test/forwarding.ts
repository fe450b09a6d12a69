import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Upstream, type UpstreamOptions } from '../src/forward/upstream.ts'
import type { ForwardPlan } from '../src/http1/exchange.ts'
import type { Http1Limits } from '../src/http1/limits.ts'
import { type RawPeer, rawServer, startServer } from './raw.ts'

const close: (() => unknown)[] = []

/** Ends what the functions here began. */
export const closeAll = () => Promise.all(close.splice(0).map((one) => one()))

const failed: ForwardPlan['failed'] = (failure) => ({
  status: failure === 'gate_failed' ? 503 : failure.startsWith('request') ? 400 : 502,
  headers: {},
  body: failure,
})

/** A gateway before an upstream on `port`. */
export async function before(
  port: number,
  options: Partial<UpstreamOptions> & { plan?: Partial<ForwardPlan>; limits?: Partial<Http1Limits> } = {},
) {
  const upstream = new Upstream({ host: '127.0.0.1', port, ...options })
  const gateway = await startServer(
    (exchange) => exchange.forward({ upstream, path: exchange.target, addHeaders: [], failed, ...options.plan }),
    { limits: options.limits },
  )
  close.push(gateway.close, () => upstream.destroy())
  return { ...gateway, upstream }
}

export async function nodeServer(listener: RequestListener) {
  const server = createServer({ keepAliveTimeout: 60_000 }, listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  close.push(
    () => server.close(),
    () => server.closeAllConnections(),
  )
  return (server.address() as AddressInfo).port
}

export async function rawUpstream(serve: (peer: RawPeer, index: number) => void) {
  const server = await rawServer(serve)
  close.push(server.close)
  return server
}

export async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

export const get = (headers = '') => `GET /x HTTP/1.1\r\nHost: a\r\n${headers}\r\n`
export const GET = get('Connection: close\r\n')
export const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
