import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EventLogServiceClient } from '@gatehouse/contracts/event_log/v1/event_log_service'
import { type Api, ApiState, SecurityScheme } from '@gatehouse/contracts/policy/v1/api'
import { Environment } from '@gatehouse/contracts/policy/v1/environment'
import { Plan } from '@gatehouse/contracts/policy/v1/plan'
import { PolicyServiceClient } from '@gatehouse/contracts/policy/v1/policy_service'
import { Issuer, TokenSettings } from '@gatehouse/contracts/policy/v1/token_settings'
import { createClient, createLogger, devCertificates } from '@gatehouse/grpc-service'
import { sharedDatabase } from '@gatehouse/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { api as apiOf, operation } from './domain/api/api.fixture.ts'
import { type RunningPolicyService, readConfig, startPolicy } from './service.ts'

let dataDir: string
let service: RunningPolicyService
let policy: Awaited<ReturnType<typeof clientOf>>
let environmentId: string

const requestId = () => randomUUID()
const id = () => `e${randomUUID().slice(0, 8)}`
const environment = (changes: Partial<Environment> = {}): Environment => ({
  ...Environment.create(),
  environmentId,
  ...changes,
})
const api = (changes: Partial<Api> = {}) => apiOf({ environmentId, ...changes })
const plan = (changes: Partial<Plan> = {}): Plan => ({ ...Plan.create(), planId: 'gold', environmentId, ...changes })
const refused = (status: string, reason: string) => expect.objectContaining({ status, reason })

async function clientOf(name: string) {
  return createClient(PolicyServiceClient, {
    address: service.address,
    tls: await devCertificates(dataDir, name),
    peer: 'policy',
  })
}

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'gatehouse-policy-'))
  const config = readConfig({
    GATEHOUSE_DATA_DIR: dataDir,
    GATEHOUSE_POSTGRES_URL: await sharedDatabase(),
    GATEHOUSE_POLICY_ADDRESS: '127.0.0.1:0',
    GATEHOUSE_POLICY_OPS_PORT: '0',
    // Nobody there: commands and queries need neither.
    GATEHOUSE_CREDENTIAL_ADDRESS: '127.0.0.1:1',
    GATEHOUSE_AUDIT_ADDRESS: '127.0.0.1:1',
  })
  const logger = createLogger('policy')
  logger.level = 'silent'
  service = await startPolicy(config, { logger })
  policy = await clientOf('console')
  environmentId = id()
  await policy.putEnvironment({
    requestId: requestId(),
    environment: environment({ hosts: [`${environmentId}.example`] }),
  })
})

afterAll(async () => {
  policy?.close()
  await service?.close()
  await rm(dataDir, { recursive: true, force: true })
})

test('an issuer is that of one environment, an audience that of one API', async () => {
  const put = (name: string, url: string) => {
    const issuer = { ...Issuer.create(), url }
    const host = new URL(url).hostname
    const described = { ...Environment.create(), environmentId: name, hosts: [host], issuer }
    return policy.putEnvironment({ requestId: requestId(), environment: described })
  }
  const [first, second] = [id(), id()]
  await put(first, `https://${first}.example`)
  const taken = { ...Environment.create(), environmentId: second, hosts: ['*'] }
  const same = { ...taken, issuer: { ...Issuer.create(), url: `https://${first}.example` } }
  const twice = policy.putEnvironment({ requestId: requestId(), environment: same })
  await expect(twice).rejects.toEqual(refused('ALREADY_EXISTS', 'ISSUER_EXISTS'))
  await put(first, `https://${first}.example/tenant`)
  await put(second, `https://${second}.example`)

  const tokens = { ...TokenSettings.create(), resource: 'urn:shared' }
  const putApi = (environmentId: string, apiId: string) =>
    policy.putApi({ requestId: requestId(), api: apiOf({ environmentId, apiId, tokens }) })
  await putApi(first, 'orders')
  await putApi(first, 'orders')
  await expect(putApi(first, 'payments')).rejects.toEqual(refused('ALREADY_EXISTS', 'RESOURCE_EXISTS'))
  await putApi(second, 'payments')
  await policy.retireApi({ requestId: requestId(), environmentId: first, apiId: 'orders' })
  await putApi(first, 'payments')
})

describe('environments', () => {
  test('are put, answered and listed', async () => {
    const given = environment({ environmentId: id(), displayName: 'Alpha', hosts: [] })
    const put = await policy.putEnvironment({ requestId: requestId(), environment: given })
    expect(put.environment).toMatchObject({ ...given, version: 1n })
    expect(put.position).toBeGreaterThan(0n)
    expect((await policy.getEnvironment({ environmentId: given.environmentId })).environment).toEqual(put.environment)
    const listed = []
    for (let pageToken = ''; ; ) {
      const page = await policy.listEnvironments({ pageSize: 1, pageToken })
      listed.push(...page.environments.map((found) => found.environmentId))
      pageToken = page.nextPageToken
      if (pageToken === '') break
    }
    expect(listed).toContain(given.environmentId)
    expect(listed).toEqual([...new Set(listed)].sort())
  })

  test('the same content again appends nothing', async () => {
    const given = environment({ environmentId: id(), hosts: [`${id()}.example`] })
    const first = await policy.putEnvironment({ requestId: requestId(), environment: given })
    expect(await policy.putEnvironment({ requestId: requestId(), environment: given })).toEqual(first)
  })

  test('a host belongs to one environment until that gives it back', async () => {
    const host = `${id()}.example`
    const [one, two] = [id(), id()]
    const put = (name: string, hosts: string[]) =>
      policy.putEnvironment({ requestId: requestId(), environment: environment({ environmentId: name, hosts }) })
    await put(one, [host, '*'])
    await expect(put(two, [host.toUpperCase()])).rejects.toEqual(refused('ALREADY_EXISTS', 'HOST_EXISTS'))
    await expect(put(two, ['*'])).rejects.toEqual(refused('ALREADY_EXISTS', 'HOST_EXISTS'))
    await put(one, [])
    expect((await put(two, [host, '*'])).environment?.hosts).toEqual([host, '*'])
    await put(two, [])
  })

  test('an unknown one is not found', async () => {
    const unknown = policy.getEnvironment({ environmentId: 'nowhere' })
    await expect(unknown).rejects.toEqual(refused('NOT_FOUND', 'ENVIRONMENT_NOT_FOUND'))
  })
})

describe('commands', () => {
  test('a stale version is refused', async () => {
    const given = plan({ planId: id() })
    await policy.putPlan({ requestId: requestId(), expectedVersion: 0n, plan: given })
    const changed = { ...given, displayName: 'changed' }
    const stale = policy.putPlan({ requestId: requestId(), expectedVersion: 0n, plan: changed })
    await expect(stale).rejects.toEqual(refused('ABORTED', 'VERSION_CONFLICT'))
    const put = await policy.putPlan({ requestId: requestId(), expectedVersion: 1n, plan: changed })
    expect(put.plan?.version).toBe(2n)
  })

  test('a repeated request gets the same answer, another one under its id is refused', async () => {
    const request = { requestId: requestId(), plan: plan({ planId: id() }) }
    const first = await policy.putPlan(request)
    await policy.putPlan({ requestId: requestId(), plan: { ...request.plan, displayName: 'later' } })
    expect(await policy.putPlan(request)).toEqual(first)
    const other = policy.putPlan({ ...request, plan: { ...request.plan, displayName: 'other' } })
    await expect(other).rejects.toEqual(refused('FAILED_PRECONDITION', 'REQUEST_ID_REUSED'))
  })

  test.each([
    ['no request id', { requestId: '', plan: Plan.create() }, ['request_id']],
    ['a negative version', { requestId: 'a', expectedVersion: -1n, plan: Plan.create() }, ['expected_version']],
    ['nothing', { requestId: 'a', plan: undefined }, ['plan', 'plan.plan_id', 'plan.environment_id']],
  ])('%s is refused, naming the fields', async (_, request, fields) => {
    const error = await policy.putPlan(request).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ status: 'INVALID_ARGUMENT', violations: fields.map((field) => ({ field })) })
  })

  test.each(['gateway', 'credential', 'audit'])('%s may not give any', async (name) => {
    const other = await clientOf(name)
    const put = other.putPlan({ requestId: requestId(), plan: plan() })
    await expect(put).rejects.toEqual(refused('PERMISSION_DENIED', 'CALLER_NOT_ALLOWED'))
    other.close()
  })
})

describe('APIs', () => {
  test('are published, answered, listed, retired and published again', async () => {
    const given = api({ apiId: id() })
    const { apiId } = given
    const put = await policy.putApi({ requestId: requestId(), api: given })
    expect(put.api).toMatchObject({ apiId, version: 1n, state: ApiState.API_STATE_PUBLISHED })
    const retired = await policy.retireApi({ requestId: requestId(), environmentId, apiId })
    expect(retired.position).toBe(put.position + 1n)
    const state = async () => (await policy.getApi({ environmentId, apiId })).api
    expect(await state()).toMatchObject({ version: 2n, state: ApiState.API_STATE_RETIRED, operations: [{}] })
    await policy.putApi({ requestId: requestId(), api: given })
    expect(await state()).toMatchObject({ version: 3n, state: ApiState.API_STATE_PUBLISHED })
    const { apis } = await policy.listApis({ environmentId, pageSize: 1000, pageToken: '' })
    expect(apis.map((found) => found.apiId)).toContain(apiId)
  })

  test('not in an environment that does not exist', async () => {
    const put = policy.putApi({ requestId: requestId(), api: api({ environmentId: 'nowhere' }) })
    await expect(put).rejects.toEqual(refused('NOT_FOUND', 'ENVIRONMENT_NOT_FOUND'))
    const retire = policy.retireApi({ requestId: requestId(), environmentId, apiId: 'nothing' })
    await expect(retire).rejects.toEqual(refused('NOT_FOUND', 'API_NOT_FOUND'))
  })

  test('are imported from OpenAPI', async () => {
    const document = `
openapi: 3.1.0
security: [{ Key: [] }]
paths:
  /items/{item}: { get: { operationId: get-item } }
components: { securitySchemes: { Key: { type: apiKey, in: header, name: X-Key } } }`
    const given = api({ apiId: id(), operations: [] })
    const { api: imported } = await policy.importOpenApi({ requestId: requestId(), api: given, document })
    expect(imported).toMatchObject({
      apiKeySources: { headerNames: ['X-Key'] },
      operations: [
        {
          operationId: 'get-item',
          pathTemplate: '/items/{item}',
          security: [{ requirements: [{ scheme: SecurityScheme.SECURITY_SCHEME_API_KEY }] }],
        },
      ],
    })
    const wrong = policy.importOpenApi({
      requestId: requestId(),
      api: given,
      document: document.replace('get:', 'trace:'),
    })
    await expect(wrong).rejects.toMatchObject({
      violations: expect.arrayContaining([expect.objectContaining({ field: 'document#/paths/~1items~1{item}/trace' })]),
    })
  })

  test('with 10,000 operations are kept, and delivered to who follows the log', async () => {
    const operations = Array.from({ length: 10_000 }, (_, index) =>
      operation(`operation-${index}`, `${index % 2 ? 'GET' : 'PUT'} /resources-${index >> 1}/{id}`),
    )
    const { position } = await policy.putApi({ requestId: requestId(), api: api({ apiId: id(), operations }) })
    const log = createClient(EventLogServiceClient, {
      address: service.address,
      tls: await devCertificates(dataDir, 'gateway'),
      peer: 'policy',
    })
    const events = []
    for await (const batch of log.readEvents({ afterPosition: position - 1n, untilHead: true }))
      events.push(...batch.events)
    expect(events[0]).toMatchObject({ position, type: 'gatehouse.policy.v1.ApiPublished' })
    log.close()
  })
})

test('a page token of something else is refused', async () => {
  const list = policy.listPlans({ environmentId, pageSize: 1, pageToken: 'AAAA' })
  await expect(list).rejects.toEqual(refused('INVALID_ARGUMENT', 'INVALID_FIELD'))
})
