import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface DemoUpstream {
  readonly url: string
  close(): Promise<void>
}

const identityHeaders = ['x-client-id', 'x-user-id', 'x-scopes', 'x-auth-method', 'x-request-id', 'traceparent']

/** The API behind the demo's gateway: answers every path with what it was told about the caller. */
export async function startDemoUpstream(port = 0): Promise<DemoUpstream> {
  const server = createServer(answer)
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve))
  const { port: bound } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${bound}`,
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const identity = Object.fromEntries(
    identityHeaders.flatMap((name) => {
      const value = request.headers[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
  const status = { POST: 201, DELETE: 204 }[request.method ?? ''] ?? 200
  const body = status === 204 ? '' : `${JSON.stringify({ method: request.method, path: request.url, identity })}\n`
  request.resume()
  request.on('end', () => {
    response
      .writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
      .end(body)
  })
}
