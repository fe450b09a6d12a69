import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConfig, startGateway } from '@gatehouse/gateway'
import { createLogger } from '@gatehouse/grpc-service'
import { startTcpProxy, type TcpProxy, waitFor } from '@gatehouse/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { basic, post } from './endpoint.ts'
import { type System, startSystem } from './system.ts'

const closing: (() => Promise<unknown>)[] = []
let system: System
let link: TcpProxy
let gateway: string
let client: { clientId: string; secret: string }

/** A gateway as a process of its own would be: the token service is over gRPC, on a link of the test. */
beforeAll(async () => {
  system = await startSystem()
  closing.push(() => system.close())
  link = await startTcpProxy({ to: system.addresses.token })
  closing.push(() => link.stop())
  const dataDir = await mkdtemp(join(tmpdir(), 'gatehouse-gateway-'))
  closing.push(() => rm(dataDir, { recursive: true, force: true }))
  const certificates = join(system.dataDir, 'tls')
  const config = readConfig({
    GATEHOUSE_DATA_DIR: dataDir,
    GATEHOUSE_NODE: 'apart',
    GATEHOUSE_GATEWAY_ADDRESS: '127.0.0.1:0',
    GATEHOUSE_GATEWAY_OPS_PORT: '0',
    GATEHOUSE_CREDENTIAL_ADDRESS: system.addresses.credential,
    GATEHOUSE_POLICY_ADDRESS: system.addresses.policy,
    GATEHOUSE_AUDIT_ADDRESS: system.addresses.audit,
    GATEHOUSE_TOKEN_ADDRESS: link.address,
    GATEHOUSE_TLS_CA: join(certificates, 'ca', 'tls.crt'),
    GATEHOUSE_TLS_CERT: join(certificates, 'gateway', 'tls.crt'),
    GATEHOUSE_TLS_KEY: join(certificates, 'gateway', 'tls.key'),
  })
  const running = await startGateway(config, { logger: createLogger('gateway', { write: () => undefined }) })
  closing.push(() => running.close())
  gateway = `http://${running.address}`
  client = await system.register({ method: 'client_secret_basic', grantTypes: ['client_credentials'] })
  await waitFor(async () => (await ask()).status === 200, { what: 'tokens are issued' })
})
afterAll(async () => {
  for (const close of closing.reverse()) await close()
})

const grant = { grant_type: 'client_credentials', scope: 'orders:read' }
const ask = (endpoint = 'token', form: Record<string, string> = grant) =>
  post(`${gateway}/orders/oauth2/v2/${endpoint}`, { form, headers: basic(client.clientId, client.secret) })

test('many at once, over one stream, each its own token', async () => {
  const answers = await Promise.all(Array.from({ length: 200 }, () => ask()))
  expect(answers.filter(({ status }) => status !== 200)).toEqual([])
  expect(new Set(answers.map(({ body }) => body['access_token'])).size).toBe(200)
})

test('while it is away each answer is 503 temporarily_unavailable, pages included; then it goes on by itself', async () => {
  const { body } = await ask()
  await link.cut()
  for (const endpoint of ['token', 'introspect', 'revoke', 'par', 'device_authorization']) {
    const answer = await ask(endpoint, endpoint === 'token' ? grant : { token: 'x' })
    expect([endpoint, answer.status, answer.body]).toMatchObject([endpoint, 503, { error: 'temporarily_unavailable' }])
    expect(answer.headers.get('retry-after')).toBe('1')
    expect(answer.headers.get('cache-control')).toBe('no-store')
  }
  expect((await fetch(`${gateway}/oauth2/v2/authorize`)).status).toBe(503)
  // What needs no token service goes on: documents, and APIs for whoever has a token.
  expect((await fetch(`${gateway}/.well-known/jwks`)).status).toBe(200)
  const authorization = `Bearer ${body['access_token']}`
  expect((await fetch(`${gateway}${system.demo.path}`, { headers: { authorization } })).status).toBe(200)
  await link.heal()
  await waitFor(async () => (await ask()).status === 200, { what: 'tokens are issued again' })
})

test('requests that wait when the link breaks are answered, not left', async () => {
  link.pause()
  const waiting = Array.from({ length: 20 }, () => ask())
  await new Promise((resolve) => setTimeout(resolve, 200))
  link.reset()
  expect(new Set((await Promise.all(waiting)).map(({ status }) => status))).toEqual(new Set([503]))
  await link.heal()
  await waitFor(async () => (await ask()).status === 200, { what: 'tokens are issued again' })
})
