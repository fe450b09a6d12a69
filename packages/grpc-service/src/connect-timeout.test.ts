import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { afterEach, expect, test } from 'vitest'
import type { RunningGrpcService } from './server.ts'
import { auditServers } from './testing/audit-server.ts'

const { serve, connectTo, tls } = auditServers()
const decision = async () => ({ decision: undefined })

const opened: { destroy(): void }[] = []
afterEach(() => {
  for (const each of opened.splice(0)) each.destroy()
})

type Take = (socket: Socket) => void

/** Takes connections as `takes` says, one after the other; the rest reach the server. */
async function inFrontOf({ address }: RunningGrpcService, ...takes: Take[]): Promise<string> {
  const [host, port] = address.split(':')
  const front = createServer((socket) => {
    socket.on('error', () => undefined)
    const take = takes.shift()
    if (take) return take(socket)
    const server = connect(Number(port), host)
    server.on('error', () => undefined)
    opened.push(socket, server)
    socket.pipe(server).pipe(socket)
  })
  front.listen(0, '127.0.0.1')
  await once(front, 'listening')
  opened.push({ destroy: () => front.close() })
  return `127.0.0.1:${(front.address() as AddressInfo).port}`
}

const swallow: Take = (socket) => {
  opened.push(socket)
  socket.resume()
}

/** Speaks TLS as the service, and then nothing. */
const onlyTls: Take = (socket) => {
  const { cert, key } = tls('audit')
  createTlsServer({ cert, key, ALPNProtocols: ['h2'] }, swallow).emit('connection', socket)
}

test.each([
  ['TLS', swallow],
  ['HTTP/2', onlyTls],
])('a connection whose peer falls silent before %s is given up, and made again', async (_, take) => {
  const { server } = await serve({ getDecision: decision })
  const client = connectTo(await inFrontOf(server, take, take), { connectMs: 200 })
  expect(await client.getDecision({ decisionId: 'd' })).toHaveProperty('decision')
})

test('a connection that was made stays, however long it is idle', async () => {
  const { server } = await serve({ getDecision: decision })
  let taken = 0
  const count: Take = (socket) => {
    taken++
    const upstream = connect(Number(server.address.split(':')[1]), '127.0.0.1')
    opened.push(socket, upstream)
    socket.pipe(upstream).pipe(socket)
  }
  const client = connectTo(await inFrontOf(server, count, count), { connectMs: 50 })
  await client.getDecision({ decisionId: 'd' })
  await once(AbortSignal.timeout(150), 'abort')
  await client.getDecision({ decisionId: 'd' })
  expect(taken).toBe(1)
})
