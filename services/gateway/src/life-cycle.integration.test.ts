import { X509Certificate } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { Agent, type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import tls from 'node:tls'
import { devCertificates } from '@gatehouse/grpc-service'
import { freePort, waitFor } from '@gatehouse/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { call, operation, startTestSystem, type TestSystem } from '../test/system.ts'
import { readConfig, startGateway } from './service.ts'

let held: (() => void)[] = []
let system: TestSystem
beforeAll(async () => {
  system = await startTestSystem(
    (incoming, response) => {
      incoming.resume()
      if (incoming.url === '/held') held.push(() => response.end('at last'))
      else response.end('items')
    },
    [operation('list-items', 'GET /items'), operation('held', 'GET /held')],
  )
})
afterAll(() => system?.close())

async function another(node: string, more: NodeJS.ProcessEnv = {}) {
  const config = readConfig({ ...system.environment, GATEHOUSE_NODE: node, ...more })
  const gateway = await startGateway(config, { logger: system.logger(node) })
  return { ...gateway, port: Number(gateway.address.split(':')[1]) }
}

interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** By a client that keeps connections and honours `Connection: close`. */
function get(port: number, path: string, agent: Agent): Promise<Answer> {
  const headers = { 'x-api-key': system.key.key, 'x-gatehouse-position': system.key.position }
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, agent, headers }, (response) => {
      let body = ''
      response.on('data', (chunk) => {
        body += String(chunk)
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
    })
    sent.on('error', reject).end()
  })
}

test('a drain drops none of 200 requests in flight, and the records of all are in the ledger', async () => {
  const gateway = await another('draining')
  const agent = new Agent({ keepAlive: true })
  await waitFor(async () => (await get(gateway.port, '/orders/items', agent)).status === 200)
  held = []
  const answers = Array.from({ length: 200 }, () => get(gateway.port, '/orders/held', agent))
  await waitFor(() => held.length === 200, { what: 'all are at the upstream' })
  const closed = gateway.close()
  for (const release of held) release()
  const all = await Promise.all(answers)
  await closed
  agent.destroy()
  expect(new Set(all.map(({ status, body }) => `${status} ${body}`))).toEqual(new Set(['200 at last']))
  expect(new Set(all.map(({ headers }) => headers.connection))).toEqual(new Set(['close']))
  expect(await system.decisions('operation_id=held&page_size=500')).toHaveLength(200)
})

test('clients that go on asking during a drain get every answer they asked for', async () => {
  const gateway = await another('drained')
  const last = new Set<string | undefined>()
  const ready = Promise.withResolvers<void>()
  let served = 0
  const client = async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    for (;;) {
      const { headers } = await get(gateway.port, '/orders/items', agent)
      served += 1
      if (served === 400) ready.resolve()
      if (headers.connection !== 'close') continue
      last.add(headers.connection)
      agent.destroy()
      return
    }
  }
  const clients = Array.from({ length: 20 }, client)
  await ready.promise
  await gateway.close()
  await Promise.all(clients)
  expect(last).toEqual(new Set(['close']))
})

test('a certificate that changes: new connections see it, open ones go on; half a pair changes nothing', async () => {
  const files = { cert: join(system.dataDir, 'https.crt'), key: join(system.dataDir, 'https.key') }
  const use = async (service: string, names: readonly ('cert' | 'key')[] = ['cert', 'key']) => {
    const material = await devCertificates(system.dataDir, service)
    for (const name of names) await writeFile(files[name], material[name])
    return new X509Certificate(material.cert).fingerprint256
  }
  const first = await use('gateway')
  const gateway = await another('https', { GATEHOUSE_HTTPS_CERT: files.cert, GATEHOUSE_HTTPS_KEY: files.key })
  const connect = async () => {
    const socket = tls.connect({ host: '127.0.0.1', port: gateway.port, rejectUnauthorized: false })
    await new Promise((resolve) => socket.once('secureConnect', resolve))
    return socket
  }
  const open = await connect()
  expect(open.getPeerCertificate().fingerprint256).toBe(first)
  await use('policy', ['cert'])
  await waitFor(() => system.log.some((line) => line.includes('stays as it was')), { what: 'half a pair is noticed' })
  expect(await connected(connect)).toBe(first)
  const second = await use('policy')
  await waitFor(async () => (await connected(connect)) === second, { what: 'the new certificate is shown' })
  const answer = new Promise((resolve) => open.once('data', (chunk) => resolve(String(chunk).slice(0, 12))))
  open.write('GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n')
  expect(await answer).toBe('HTTP/1.1 404')
  open.destroy()
  await gateway.close()
})

async function connected(connect: () => Promise<tls.TLSSocket>): Promise<string> {
  const socket = await connect()
  const { fingerprint256 } = socket.getPeerCertificate()
  socket.destroy()
  return fingerprint256
}

test('a spool that fills up: 503, then no answer at all, and every answer that was given is in the ledger later', async () => {
  const small = { GATEHOUSE_SPOOL_SEGMENT_BYTES: String(64 << 10), GATEHOUSE_SPOOL_SEGMENTS: '3' }
  const nobody = { GATEHOUSE_AUDIT_ADDRESS: `127.0.0.1:${await freePort()}` }
  const gateway = await another('small', { ...small, ...nobody })
  const agent = new Agent({ keepAlive: true })
  const answered = new Map<number, number>()
  let cut = 0
  for (let n = 0; n < 1000 && cut < 3; n++) {
    const status = await get(gateway.port, '/orders/items', agent).then(
      (answer) => answer.status,
      () => 0,
    )
    if (status === 0) cut += 1
    else answered.set(status, (answered.get(status) ?? 0) + 1)
  }
  await gateway.close()
  agent.destroy()
  expect(cut).toBe(3)
  expect(answered.get(200)).toBeGreaterThan(50)
  expect(answered.get(503)).toBeGreaterThan(10)
  const again = await another('small', small)
  const total = [...answered.values()].reduce((sum, count) => sum + count, 0)
  await waitFor(async () => (await system.recordsOf('small')) >= total, { what: 'the records of all answers came' })
  expect(await system.recordsOf('small')).toBe(total)
  await again.close()
})

test('a key that is revoked through one gateway is refused by the other from the position on', async () => {
  const gateway = await another('second')
  const url = `http://${gateway.address}/orders/items`
  const key = await system.issue()
  // It refuses with 503 until it knows all that was before it.
  await waitFor(async () => (await call(url, key)).status === 200, { what: 'the second gateway lets the key in' })
  const { position } = await system.manage<{ position: string }>('POST', `api-keys/${key.id}/revoke`, {})
  expect((await call(url, { ...key, position })).status).toBe(401)
  await gateway.close()
})
