import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'
import { devCertificates } from '@gatehouse/grpc-service'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { exchangeOnce, RawPeer } from '../../test/raw.ts'
import { Upstream } from '../forward/upstream.ts'
import type { ClientCertificate, Exchange } from './exchange.ts'
import { Http1Server } from './server.ts'

type Identity = Awaited<ReturnType<typeof devCertificates>>

let directory: string
let strangers: string
let gateway: Identity
let client: Identity
let stranger: Identity
const servers: Http1Server[] = []

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gatehouse-tls-'))
  strangers = await mkdtemp(join(tmpdir(), 'gatehouse-tls-'))
  gateway = await devCertificates(directory, 'gateway')
  client = await devCertificates(directory, 'client')
  stranger = await devCertificates(strangers, 'client')
})

afterAll(async () => {
  await Promise.all(servers.map((server) => server.drain(0)))
  await Promise.all([directory, strangers].map((path) => rm(path, { recursive: true })))
})

async function start(handle: (exchange: Exchange) => void, limits = {}, secure = true) {
  const server = new Http1Server({
    limits,
    ...(secure && { tls: { ...gateway, requestCert: true, rejectUnauthorized: false } }),
    handler: {
      handle: (exchange) => {
        handle(exchange)
        return undefined
      },
      refuse: (refused) => {
        refused.answer({ status: refused.refusal.status, headers: {} })
        return undefined
      },
    },
  })
  servers.push(server)
  return { server, port: await server.listen(0, '127.0.0.1') }
}

const GET = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'

async function ask(port: number, options: tls.ConnectionOptions) {
  const socket = tls.connect({ port, host: '127.0.0.1', ca: gateway.ca, ...options })
  await once(socket, 'secureConnect')
  const peer = new RawPeer(socket)
  peer.send(GET)
  const text = await peer.all()
  const serial = socket.getPeerX509Certificate()?.serialNumber
  socket.destroy()
  return { text, serial }
}

test('the certificate of a client is told, and whether it is vouched for', async () => {
  const seen: (ClientCertificate | undefined)[] = []
  const { port } = await start((exchange) => {
    seen.push(exchange.clientCertificate)
    exchange.answer({ status: 200, headers: {}, body: String(exchange.tls) })
  })
  expect((await ask(port, {})).text).toMatch(/true$/)
  await ask(port, { cert: client.cert, key: client.key })
  await ask(port, { cert: stranger.cert, key: stranger.key })
  expect(seen).toMatchObject([
    undefined,
    {
      subject: 'CN=client',
      authorized: true,
      fingerprint256: expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/),
    },
    { subject: 'CN=client', authorized: false },
  ])
  expect(seen[1]?.raw.length).toBeGreaterThan(200)
})

test('new connections get the new certificate', async () => {
  const { server, port } = await start((exchange) => exchange.answer({ status: 200, headers: {} }))
  const before = await ask(port, {})
  const { cert, key } = client
  server.setSecureContext({ cert, key })
  const after = await ask(port, {})
  expect(after.text).toMatch(/^HTTP\/1\.1 200 /)
  expect(after.serial).not.toBe(before.serial)
})

test('a TLS hello that does not come is not waited for, and plain HTTP gets nothing', async () => {
  const { port } = await start((exchange) => exchange.answer({ status: 200, headers: {} }), { tlsHandshakeMs: 100 })
  const silent = net.connect(port, '127.0.0.1')
  const peer = new RawPeer(silent)
  expect(await peer.all()).toBe('')
  expect(await exchangeOnce(port, GET)).not.toContain('HTTP/1.1')
})

test('an upstream by TLS is verified', async () => {
  const upstreamServer = createServer({ ...gateway }, (_, response) => response.end('secure'))
  upstreamServer.listen(0, '127.0.0.1')
  await once(upstreamServer, 'listening')
  const { port } = upstreamServer.address() as AddressInfo
  const answers: string[] = []
  for (const ca of [gateway.ca, stranger.ca]) {
    const upstream = new Upstream({ host: '127.0.0.1', port, tls: { ca } })
    const { port: gatewayPort } = await start(
      (exchange) =>
        exchange.forward({
          upstream,
          path: '/',
          addHeaders: [],
          failed: (failure) => ({ status: 502, headers: {}, body: failure }),
        }),
      {},
      false,
    )
    answers.push(await exchangeOnce(gatewayPort, GET))
    upstream.destroy()
  }
  upstreamServer.close()
  expect(answers[0]).toMatch(/^HTTP\/1\.1 200 .*secure/s)
  expect(answers[1]).toMatch(/^HTTP\/1\.1 502 .*upstream_connect_failed$/s)
})
