import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
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
import { type CredentialEvent, credentialEvents, tokenEvents } from '@gatehouse/contracts/events'
import { SecurityScheme } from '@gatehouse/contracts/policy/v1/api'
import { type CheckRequest, DecisionServiceClient, Outcome } from '@gatehouse/contracts/policy/v1/decision_service'
import { Environment } from '@gatehouse/contracts/policy/v1/environment'
import { Plan } from '@gatehouse/contracts/policy/v1/plan'
import { PolicyServiceClient, RetireApiResponse } from '@gatehouse/contracts/policy/v1/policy_service'
import { digestSecret, encodeBase32, mintSecret } from '@gatehouse/credential-format'
import { type EventStore, eventLogService, handleCommand, openEventStore, openPool } from '@gatehouse/event-store'
import { createClient, createLogger, devCertificates, startGrpcService } from '@gatehouse/grpc-service'
import { sharedDatabase, waitFor } from '@gatehouse/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { api, operation } from './domain/api/api.fixture.ts'
import { type PolicyConfig, readConfig, startPolicy } from './service.ts'

const logger = createLogger('test')
logger.level = 'silent'
const cleanup = new AsyncDisposableStack()
const records: Record<string, never>[] = []
const apiKeyId = encodeBase32(randomBytes(10))
const apiKey = mintSecret('api_key', { environmentId: 'alpha', id: apiKeyId, secret: randomBytes(32) })
const time = new Date()

let credentials: EventStore<CredentialEvent>
let decisions: ReturnType<typeof decisionClient>
let position: string
let policyConfig: PolicyConfig
let stopCredentialLog: () => Promise<void>

function decisionClient(address: string, tls: Awaited<ReturnType<typeof devCertificates>>) {
  return createClient(DecisionServiceClient, { address, tls, peer: 'policy' })
}

/** Appends to the log of the credential service; answers the position as a reader demands it. */
async function append(stream: string, event: CredentialEvent): Promise<string> {
  const answer = await handleCommand(credentials, {
    caller: 'test',
    requestId: randomUUID(),
    requestHash: createHash('sha256').digest(),
    streams: { stream: { id: stream, fold: { initialState: undefined, evolve: () => undefined } } },
    decide: () => ({ events: { stream: [event] } }),
    reply: (after) => ({ position: after.position }),
    replyCodec: RetireApiResponse,
  })
  return `credential:${answer.position}`
}

/** Serves the credential log and takes decision records, as those services do. */
async function startPeers(dataDir: string, postgresUrl: string) {
  const pool = openPool({ url: postgresUrl, applicationName: 'test' })
  cleanup.defer(() => pool.end())
  credentials = await openEventStore({ pool, schema: 'credential', source: 'credential', events: credentialEvents })
  cleanup.defer(() => credentials.close())
  const tokens = await openEventStore({ pool, schema: 'token', source: 'token', events: tokenEvents })
  cleanup.defer(() => tokens.close())
  const readers = ['policy']
  const serve = async (name: string, store: Parameters<typeof eventLogService>[0]) =>
    startGrpcService({
      ...{ name, address: '127.0.0.1:0', logger },
      tls: await devCertificates(dataDir, name),
      services: [
        {
          definition: EventLogServiceService,
          handlers: eventLogService(store),
          roles: { readEvents: readers, getHead: readers },
        },
      ],
    })
  const log = await serve('credential', credentials)
  stopCredentialLog = () => log.close()
  cleanup.defer(stopCredentialLog)
  const tokenLog = await serve('token', tokens)
  cleanup.defer(() => tokenLog.close())
  const audit = await startGrpcService({
    ...{ name: 'audit', address: '127.0.0.1:0', logger },
    tls: await devCertificates(dataDir, 'audit'),
    services: [
      { definition: { ingest: AuditServiceService.ingest }, handlers: { ingest }, roles: { ingest: readers } },
    ],
  })
  cleanup.defer(() => audit.close())
  return { credentialAddress: log.address, tokenAddress: tokenLog.address, auditAddress: audit.address }
}

async function* ingest(requests: AsyncIterable<IngestRequest>) {
  for await (const request of requests) {
    records.push(...request.records.map(({ json }) => JSON.parse(Buffer.from(json).toString())))
    yield { storedCount: request.records.length, duplicateCount: 0, rejectedCount: 0 }
  }
}

beforeAll(async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'gatehouse-decision-'))
  cleanup.defer(() => rm(dataDir, { recursive: true, force: true }))
  const postgresUrl = await sharedDatabase()
  const peers = await startPeers(dataDir, postgresUrl)
  policyConfig = readConfig({
    GATEHOUSE_DATA_DIR: dataDir,
    GATEHOUSE_POSTGRES_URL: postgresUrl,
    GATEHOUSE_POLICY_ADDRESS: '127.0.0.1:0',
    GATEHOUSE_POLICY_OPS_PORT: '0',
    GATEHOUSE_NODE: 'node-1',
    GATEHOUSE_CREDENTIAL_ADDRESS: peers.credentialAddress,
    GATEHOUSE_TOKEN_ADDRESS: peers.tokenAddress,
    GATEHOUSE_AUDIT_ADDRESS: peers.auditAddress,
  })
  const service = await startPolicy(policyConfig, { logger })
  cleanup.defer(() => service.close())
  const tls = await devCertificates(dataDir, 'console')
  const policy = createClient(PolicyServiceClient, { address: service.address, tls, peer: 'policy' })
  cleanup.defer(() => policy.close())
  decisions = decisionClient(service.address, tls)
  cleanup.defer(() => decisions.close())

  const environment: Environment = { ...Environment.create(), environmentId: 'alpha' }
  await policy.putEnvironment({ requestId: randomUUID(), environment })
  const plan: Plan = { ...Plan.create(), planId: 'gold', environmentId: 'alpha' }
  await policy.putPlan({ requestId: randomUUID(), plan })
  const scoped = [{ requirements: [{ scheme: SecurityScheme.SECURITY_SCHEME_API_KEY, scopes: ['write'] }] }]
  const published = await policy.putApi({
    requestId: randomUUID(),
    api: api({
      operations: [
        operation('get-order', 'GET /{id}'),
        operation('put-order', 'PUT /{id}', { security: scoped }),
        operation('strict', 'GET /strict', { enforcement: { auditMode: 0, maxStaleness: { seconds: 1n, nanos: 0 } } }),
        operation('health', 'GET /health', { security: [{ requirements: [] }] }),
      ],
    }),
  })
  const owner = { environmentId: 'alpha', clientId: 'client-1' }
  await append('client-client-1', {
    type: 'gatehouse.credential.v1.ClientRegistered',
    data: { ...ClientRegistered.create(), ...owner, registerTime: time },
  })
  const subscriptionId = 'subscription-1'
  await append('subscription-subscription-1', {
    type: 'gatehouse.credential.v1.SubscriptionCreated',
    data: {
      ...SubscriptionCreated.create(),
      ...owner,
      ...{ subscriptionId, apiId: 'orders', planId: 'gold', scopes: ['read'], createTime: time },
    },
  })
  await append('subscription-subscription-1', {
    type: 'gatehouse.credential.v1.SubscriptionActivated',
    data: { ...SubscriptionActivated.create(), subscriptionId, activateTime: time },
  })
  const issued = await append(`api_key-${apiKeyId}`, {
    type: 'gatehouse.credential.v1.ApiKeyIssued',
    data: {
      ...ApiKeyIssued.create(),
      ...owner,
      ...{ apiKeyId, subscriptionId, digest: digestSecret(apiKey), issueTime: time },
    },
  })
  position = `${issued},policy:${published.position}`
})

afterAll(() => cleanup.disposeAsync())

function ask(changes: Partial<CheckRequest> & { readonly apiKey?: string } = {}) {
  const { apiKey: shown = apiKey, ...rest } = changes
  return decisions.check({
    ...{ environmentId: 'alpha', method: 'GET', path: '/orders/17', clientIp: '192.0.2.7', position },
    credential: { kind: { $case: 'apiKey', value: shown } },
    ...rest,
  })
}

/** The record that the audit service got of a decision. */
function recordOf(decisionId: string): Promise<unknown> {
  return waitFor(async () => records.find((record) => JSON.stringify(record).includes(`"${decisionId}"`)), {
    what: `the record of ${decisionId}`,
  })
}

test('allows a key that is in order, and the record says so', async () => {
  const answer = await ask()
  expect(answer).toMatchObject({
    outcome: Outcome.OUTCOME_ALLOW,
    reason: 'ok',
    clientId: 'client-1',
    subscriptionId: 'subscription-1',
    operationId: 'get-order',
    scopes: ['read'],
  })
  expect(answer.decisionId).toMatch(/^node-1-policy\.\d+\.\d+$/)
  expect(JSON.stringify(await recordOf(answer.decisionId))).not.toContain(apiKey.slice(-20))
})

describe('denies, on record,', () => {
  test.each<[string, Parameters<typeof ask>[0], string]>([
    ['no credential', { credential: undefined }, 'credential_missing'],
    ['a kind of a later version', { credential: { kind: undefined } }, 'credential_malformed'],
    ['a mistyped key', { apiKey: `${apiKey}x` }, 'credential_malformed'],
    [
      'an unknown key',
      {
        apiKey: mintSecret('api_key', {
          environmentId: 'alpha',
          id: encodeBase32(randomBytes(10)),
          secret: randomBytes(32),
        }),
      },
      'credential_unknown',
    ],
    [
      'a wrong secret',
      { apiKey: mintSecret('api_key', { environmentId: 'alpha', id: apiKeyId, secret: randomBytes(32) }) },
      'credential_mismatch',
    ],
    ['a key made elsewhere that nobody brought in', { apiKey: 'a-key-of-another-gateway' }, 'credential_unknown'],
    ['a scope that is not granted', { method: 'PUT' }, 'scope_missing'],
    ['a method that is not declared', { method: 'DELETE' }, 'method_not_allowed'],
    ['another API', { path: '/items/1' }, 'no_api'],
    ['another environment', { environmentId: 'beta' }, 'no_environment'],
    ['a path with dot segments', { path: '/orders/../items' }, 'path_malformed'],
    ['an encoded slash', { path: '/orders%2f17' }, 'path_malformed'],
  ])('%s', async (_, changes, reason) => {
    const answer = await ask(changes)
    expect(answer).toMatchObject({ outcome: Outcome.OUTCOME_DENY, reason, clientId: expect.any(String), scopes: [] })
    expect(JSON.stringify(await recordOf(answer.decisionId))).toContain(reason)
  })
})

test('lets everybody into an operation that asks for nothing', async () => {
  const answer = await ask({ path: '/orders/health', credential: undefined })
  expect(answer).toMatchObject({ outcome: Outcome.OUTCOME_ALLOW, operationId: 'health', clientId: '' })
})

test('a revoked key is denied from its position on', async () => {
  const revoked = await append(`api_key-${apiKeyId}`, {
    type: 'gatehouse.credential.v1.ApiKeyRevoked',
    data: { ...ApiKeyRevoked.create(), apiKeyId, revokeTime: time },
  })
  const answer = await ask({ position: revoked })
  expect(answer).toMatchObject({ outcome: Outcome.OUTCOME_DENY, reason: 'api_key_revoked', clientId: 'client-1' })
})

test('a position that is not reached is UNAVAILABLE, on record', async () => {
  const ahead = ask({ position: 'credential:1000000' })
  await expect(ahead).rejects.toMatchObject({ status: 'UNAVAILABLE', reason: 'POSITION_NOT_REACHED' })
  await waitFor(async () => records.some((record) => JSON.stringify(record).includes('position_not_reached')), {
    what: 'the record of the refusal',
  })
})

test.each([
  ['environment_id', { environmentId: '' }],
  ['method', { method: 'GET /' }],
  ['path', { path: '' }],
  ['position', { position: 'policy:-1' }],
])('a wrong %s is named', async (field, changes) => {
  await expect(ask(changes)).rejects.toMatchObject({ status: 'INVALID_ARGUMENT', violations: [{ field }] })
})

describe('while the credential log does not answer', () => {
  beforeAll(() => stopCredentialLog())

  test('an operation that sets a bound is UNAVAILABLE beyond it, on record, the others are decided', async () => {
    const strict = () =>
      ask({ path: '/orders/strict' }).then(
        () => undefined,
        (error) => error,
      )
    const refused = await waitFor(strict, { what: 'the state is older than the operation allows' })
    expect(refused).toMatchObject({ status: 'UNAVAILABLE', reason: 'STATE_STALE' })
    await waitFor(async () => records.some((record) => JSON.stringify(record).includes('state_stale')), {
      what: 'the record of the refusal',
    })
    expect(await ask()).toMatchObject({ outcome: Outcome.OUTCOME_DENY, reason: 'api_key_revoked' })
  })

  test('a process that has just started knows nothing', async () => {
    const spoolDirectory = join(policyConfig.dataDir, 'another-spool')
    await using service = await startAnother({ ...policyConfig, node: 'policy-2', spoolDirectory })
    const answer = service.client.check({
      ...{ environmentId: 'alpha', method: 'GET', path: '/orders/health', clientIp: '', position: '' },
      credential: undefined,
    })
    await expect(answer).rejects.toMatchObject({ status: 'UNAVAILABLE', reason: 'READ_MODEL_UNAVAILABLE' })
  })
})

async function startAnother(config: PolicyConfig) {
  const service = await startPolicy(config, { logger })
  const client = decisionClient(service.address, await devCertificates(config.dataDir, 'console'))
  return {
    client,
    async [Symbol.asyncDispose]() {
      client.close()
      await service.close()
    },
  }
}
