import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AuditServiceService, type IngestRequest } from '@gatehouse/contracts/audit/v1/audit_service'
import {
  ApiKeyIssued,
  ApiKeyRevoked,
  ClientRegistered,
  SubscriptionActivated,
  SubscriptionCreated,
} from '@gatehouse/contracts/credential/v1/credential_events'
import { EventLogServiceService } from '@gatehouse/contracts/event_log/v1/event_log_service'
import { eventSources } from '@gatehouse/contracts/events'
import { Api, ApiState, Operation, SecurityScheme } from '@gatehouse/contracts/policy/v1/api'
import { Environment } from '@gatehouse/contracts/policy/v1/environment'
import { Plan } from '@gatehouse/contracts/policy/v1/plan'
import { digestSecret, encodeBase32, mintSecret } from '@gatehouse/credential-format'
import { createTestLogs, type TestLogs } from '@gatehouse/decision-state/testing'
import { createLogger, devCertificates, type RunningGrpcService, startGrpcService } from '@gatehouse/grpc-service'
import { freePort, type RedisServer, startRedis, waitFor } from '@gatehouse/testkit'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type RunningGateway, readConfig, startGateway } from './service.ts'

const logger = createLogger('test')
logger.level = 'silent'
const cleanup = new AsyncDisposableStack()
const addresses = { credential: '', policy: '', token: '' }
const records: string[] = []
const servers = new Map<keyof typeof addresses, RunningGrpcService>()

let dataDir: string
let redis: RedisServer
let auditAddress: string
let logs: TestLogs
let gateway: RunningGateway
let good: string
let revoked: string

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'gatehouse-gateway-'))
  cleanup.defer(() => rm(dataDir, { recursive: true, force: true }))
  redis = await startRedis()
  cleanup.defer(() => redis.stop())
  const upstream = createServer((_, response) => response.end('from the upstream')).listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  cleanup.defer(() => void upstream.close())
  logs = createTestLogs()
  describePolicy(`http://127.0.0.1:${(upstream.address() as AddressInfo).port}`)
  issueKeys()
  auditAddress = await startAudit()
  for (const source of eventSources) addresses[source] = `127.0.0.1:${await freePort()}`
  cleanup.defer(stopControlPlane)
  cleanup.defer(() => gateway?.close())
}, 60_000)
afterAll(() => cleanup.disposeAsync())

/** Every test begins with a gateway that knows the state whole, and has said so in Redis. */
beforeEach(async () => {
  await startControlPlane()
  await startAgain()
  await waitFor(async () => (await call('DELETE', good)) === 200, { what: 'the state is proven fresh' })
})

async function startAudit(): Promise<string> {
  const service = await startGrpcService({
    ...{ name: 'audit', address: '127.0.0.1:0', logger },
    tls: await devCertificates(dataDir, 'audit'),
    services: [
      { definition: { ingest: AuditServiceService.ingest }, handlers: { ingest }, roles: { ingest: ['gateway'] } },
    ],
  })
  cleanup.defer(() => service.close())
  return service.address
}

async function* ingest(requests: AsyncIterable<IngestRequest>) {
  for await (const request of requests) {
    records.push(...request.records.map(({ json }) => Buffer.from(json).toString()))
    yield { storedCount: request.records.length, duplicateCount: 0, rejectedCount: 0 }
  }
}

async function startControlPlane() {
  for (const source of eventSources)
    if (!servers.has(source))
      servers.set(
        source,
        await startGrpcService({
          ...{ name: source, address: addresses[source], logger, drainMs: 100 },
          tls: await devCertificates(dataDir, source),
          services: [
            {
              definition: EventLogServiceService,
              handlers: {
                readEvents: logs[source].readEvents,
                getHead: () => logs[source].getHead({}, { deadlineMs: 0 }),
              },
              roles: { readEvents: ['gateway'], getHead: ['gateway'] },
            },
          ],
        }),
      )
}

async function stopControlPlane() {
  await Promise.all([...servers.values()].map((server) => server.close()))
  servers.clear()
}

async function startAgain() {
  await gateway?.close()
  const config = readConfig({
    GATEHOUSE_DATA_DIR: dataDir,
    GATEHOUSE_NODE: 'gateway-1',
    GATEHOUSE_GATEWAY_ADDRESS: '127.0.0.1:0',
    GATEHOUSE_GATEWAY_OPS_PORT: '0',
    GATEHOUSE_REDIS_URL: redis.url,
    GATEHOUSE_CREDENTIAL_ADDRESS: addresses.credential,
    GATEHOUSE_POLICY_ADDRESS: addresses.policy,
    GATEHOUSE_TOKEN_ADDRESS: addresses.token,
    GATEHOUSE_AUDIT_ADDRESS: auditAddress,
    GATEHOUSE_DRAIN_MS: '100',
  })
  gateway = await startGateway(config, { logger })
}

/** GET is served on state of any age, DELETE on state that is at most 5 s old; `health` asks for no key. */
function describePolicy(upstream: string) {
  const environment: Environment = { ...Environment.create(), environmentId: 'alpha', hosts: ['*'] }
  const plan: Plan = { ...Plan.create(), environmentId: 'alpha', planId: 'gold' }
  const requirements = [{ scheme: SecurityScheme.SECURITY_SCHEME_API_KEY, scopes: [] }]
  const item = { ...Operation.create(), pathTemplate: '/{id}', security: [{ requirements }] }
  const operations: Operation[] = [
    { ...item, operationId: 'get', method: 'GET' },
    {
      ...{ ...item, operationId: 'delete', method: 'DELETE' },
      enforcement: { auditMode: 0, maxStaleness: { seconds: 5n, nanos: 0 } },
    },
    { ...item, operationId: 'health', method: 'GET', pathTemplate: '/health', security: [{ requirements: [] }] },
  ]
  const api: Api = {
    ...{ ...Api.create(), environmentId: 'alpha', apiId: 'orders', state: ApiState.API_STATE_PUBLISHED },
    ...{ upstreams: [upstream], operations },
  }
  const putTime = new Date()
  const { policy } = logs
  policy.append('environment-alpha', { type: 'gatehouse.policy.v1.EnvironmentPut', data: { environment, putTime } })
  policy.append('plan-alpha.gold', { type: 'gatehouse.policy.v1.PlanPut', data: { plan, putTime } })
  const data = { api, publishTime: putTime }
  policy.append('api-alpha.orders', { type: 'gatehouse.policy.v1.ApiPublished', data })
}

function issueKeys() {
  const { credential } = logs
  const owner = { environmentId: 'alpha', clientId: 'c1' }
  const subscriptionId = 's1'
  credential.append('client-c1', {
    type: 'gatehouse.credential.v1.ClientRegistered',
    data: ClientRegistered.fromPartial({ ...owner, registerTime: new Date() }),
  })
  credential.append('subscription-s1', {
    type: 'gatehouse.credential.v1.SubscriptionCreated',
    data: SubscriptionCreated.fromPartial({ ...owner, subscriptionId, apiId: 'orders', planId: 'gold' }),
  })
  credential.append('subscription-s1', {
    type: 'gatehouse.credential.v1.SubscriptionActivated',
    data: SubscriptionActivated.fromPartial({ subscriptionId }),
  })
  const issue = () => {
    const apiKeyId = encodeBase32(randomBytes(10))
    const text = mintSecret('api_key', { environmentId: 'alpha', id: apiKeyId, secret: randomBytes(32) })
    const digest = Buffer.from(digestSecret(text))
    credential.append(`api_key-${apiKeyId}`, {
      type: 'gatehouse.credential.v1.ApiKeyIssued',
      data: ApiKeyIssued.fromPartial({ ...owner, apiKeyId, subscriptionId, digest, issueTime: new Date() }),
    })
    return { apiKeyId, text }
  }
  good = issue().text
  const ended = issue()
  revoked = ended.text
  credential.append(`api_key-${ended.apiKeyId}`, {
    type: 'gatehouse.credential.v1.ApiKeyRevoked',
    data: ApiKeyRevoked.fromPartial({ apiKeyId: ended.apiKeyId }),
  })
}

async function call(method: string, key?: string, path = '/orders/17'): Promise<number> {
  const headers: Record<string, string> = key ? { 'x-api-key': key } : {}
  const response = await fetch(`http://${gateway.address}${path}`, { method, headers })
  await response.arrayBuffer()
  return response.status
}

const ready = async () => (await fetch(`http://${gateway.opsAddress}/readyz`)).ok

test('the control plane goes away: what is not strict is served on', async () => {
  await stopControlPlane()
  await waitFor(async () => (await call('DELETE', good)) === 503, { what: 'the bound is passed', timeoutMs: 30_000 })
  expect(await ready()).toBe(true)
  expect(await call('GET', good)).toBe(200)
  expect(await call('GET', revoked)).toBe(401)
})

test('a gateway that starts while the control plane is away serves what is not strict, and proves itself later', async () => {
  await stopControlPlane()
  await startAgain()
  await waitFor(async () => (await call('GET', good)) === 200, { what: 'the gateway goes by the mark' })
  expect(await ready()).toBe(true)
  expect(await call('GET', revoked)).toBe(401)
  expect(await call('DELETE', good)).toBe(503)
  const refusal = () => records.find((record) => record.includes('state_stale'))
  expect(await waitFor(refusal, { what: 'the record of the refusal' })).toMatch(/"staleness_ms":\d+/)
  await startControlPlane()
  await waitFor(async () => (await call('DELETE', good)) === 200, { what: 'the state is proven fresh' })
})

test('a gateway that starts without control plane after FLUSHALL refuses everything', async () => {
  await stopControlPlane()
  await gateway.close()
  await redis.flushAll()
  await startAgain()
  const until = performance.now() + 3_000
  while (performance.now() < until) {
    expect(await call('GET', good)).toBe(503)
    expect(await call('GET', revoked)).toBe(503)
    expect(await call('GET', undefined, '/orders/health')).toBe(503)
  }
  expect(await ready()).toBe(false)
})
