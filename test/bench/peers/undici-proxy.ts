// A bare reverse proxy on node:http and undici, without any check: what a team would write by hand.
import { createServer } from 'node:http'
import { Pool } from 'undici'

const [listenPort, upstreamPort] = process.argv.slice(2)
const pool = new Pool(`http://127.0.0.1:${upstreamPort}`, { connections: 128, pipelining: 1 })

createServer((request, response) => {
  pool.stream(
    {
      path: request.url ?? '/',
      method: (request.method ?? 'GET') as 'GET',
      headers: { ...request.headers, connection: undefined },
      body: request.method === 'GET' ? null : request,
    },
    ({ statusCode, headers }) => {
      const { connection: _, 'keep-alive': __, ...rest } = headers
      return response.writeHead(statusCode, rest as Record<string, string>)
    },
    (error) => error && response.destroy(error),
  )
}).listen(Number(listenPort), '127.0.0.1')
