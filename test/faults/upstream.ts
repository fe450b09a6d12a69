import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** A request that got through. */
export interface Hit {
  /** Its X-Request-Id. */
  readonly requestId: string
  /** Of an operation whose decision is on disk before the upstream sees the request. */
  readonly recordedAhead: boolean
}

/** The API behind the gateways, which remembers what got through to it. */
export interface Upstream extends AsyncDisposable {
  readonly url: string
  /** In the order of arrival. */
  readonly hits: readonly Hit[]
  /** Before every answer; 0 at first. */
  delayMs: number
}

export async function startUpstream(): Promise<Upstream> {
  const hits: Hit[] = []
  const server = createServer((request, response) => {
    hits.push({ requestId: String(request.headers['x-request-id'] ?? ''), recordedAhead: request.method === 'POST' })
    request.resume()
    request.on('end', async () => {
      if (upstream.delayMs > 0) await sleep(upstream.delayMs)
      response.writeHead(request.method === 'DELETE' ? 204 : 200).end(request.method === 'DELETE' ? undefined : 'ok\n')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const upstream: Upstream = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hits,
    delayMs: 0,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return upstream
}
