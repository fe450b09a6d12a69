import {
  alreadyExists,
  failedPrecondition,
  GatehouseError,
  invalidArgument,
  notFound,
  unavailable,
  versionConflict,
} from '@gatehouse/errors'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Answers, startTestConsole } from './testing/running-console.ts'

const answers: Answers = {}
let console: Awaited<ReturnType<typeof startTestConsole>>

beforeAll(async () => {
  console = await startTestConsole(answers)
})

afterEach(() => {
  answers.credential = {}
  answers.policy = {}
  answers.audit = {}
})

afterAll(() => console.close())

test.each([
  ['Idempotency-Key', 'a b'],
  ['If-Match', '7'],
  ['If-Match', '"1", "2"'],
])('400 naming the header %s when it is %j', async (field, value) => {
  const reply = await console.send('/v1/api-keys/k1/revoke', { method: 'POST', headers: { [field]: value } })
  expect(reply.body).toMatchObject({ status: 400, errors: [{ field }] })
})

test.each<[string, string, unknown, string]>([
  ['a missing field', '/v1/clients', {}, 'environment_id'],
  ['an unknown field', '/v1/clients', { environment_id: 'alpha', displayName: 'x' }, 'displayName'],
  ['a wrong type', '/v1/clients', { environment_id: 7 }, 'environment_id'],
  [
    'a nested field',
    '/v1/api-keys',
    { subscription_id: 's', restrictions: { cidrs: ['a', 1] } },
    'restrictions.cidrs[1]',
  ],
  ['a time that is none', '/v1/api-keys/k1/expire', { expire_time: 'tomorrow' }, 'expire_time'],
  ['a duration that is none', '/v1/api-keys/k1/rotate', { overlap: '1 day' }, 'overlap'],
  ['a field of a write that has none', '/v1/api-keys/k1/resume', { api_key_id: 'k2' }, 'api_key_id'],
  ['an expected version that is none', '/v1/api-keys/k1/resume', { expected_version: -1 }, 'expected_version'],
  ['a digest that is none', '/v1/api-keys/import', { subscription_id: 's', digest: 'abc' }, 'digest'],
])('400 naming %s', async (_, path, body, field) => {
  const reply = await console.send(path, { method: 'POST', body })
  expect(reply.body).toMatchObject({ status: 400, code: 'invalid_field' })
  expect(reply.body.errors.map((error: { field: string }) => error.field)).toContain(field)
})

test.each([
  ['a parameter that is not known', '/v1/clients?state=active'],
  ['a page size out of bounds', '/v1/clients?page_size=0'],
  ['a filter that is no boolean', '/v1/decisions?allowed=maybe'],
])('400 for %s', async (_, path) => {
  expect((await console.send(path)).status).toBe(400)
})

test('400 for a body that is no JSON, 413 for one over the limit, 415 for another type', async () => {
  const send = (body: string, headers = {}) => console.send('/v1/clients', { method: 'POST', body, headers })
  expect((await send('{')).body).toMatchObject({ status: 400, code: 'malformed_request' })
  expect((await send('{"__proto__":{"x":1},"environment_id":"a"}')).status).toBe(400)
  expect((await send(`"${'x'.repeat(5_000_000)}"`)).status).toBe(413)
  expect((await send('a=b', { 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(415)
})

test.each<[number, string, GatehouseError]>([
  [400, 'invalid_field', invalidArgument([{ field: 'restrictions.cidrs[0]', description: 'is no range' }])],
  [404, 'api_key_not_found', notFound('api_key', 'k1')],
  [409, 'api_key_exists', alreadyExists('api_key', 'k1')],
  [409, 'api_key_revoked', failedPrecondition('API_KEY_REVOKED', 'it is revoked')],
  [409, 'request_id_reused', new GatehouseError('ABORTED', { reason: 'REQUEST_ID_REUSED', message: 'x' })],
  [412, 'version_conflict', versionConflict('api_key-k1', 6n, 7n)],
  [429, 'too_many', new GatehouseError('RESOURCE_EXHAUSTED', { reason: 'TOO_MANY', message: 'x', retryAfterMs: 1500 })],
  [503, 'store_unavailable', unavailable('STORE_UNAVAILABLE', 'no database')],
  [501, 'not_in_this_test', new GatehouseError('UNIMPLEMENTED', { reason: 'NOT_IN_THIS_TEST', message: 'x' })],
])('%i %s when the service says so', async (status, code, error) => {
  answers.credential = { restrictApiKey: () => Promise.reject(error) }
  const reply = await console.send('/v1/api-keys/k1/restrict', { method: 'POST', body: { cidrs: ['x'] } })
  expect(reply.body).toMatchObject({ status, code, detail: error.message })
  if (status === 400) expect(reply.body.errors).toEqual([{ field: 'restrictions.cidrs[0]', detail: 'is no range' }])
  if (status === 429) expect(reply.headers.get('retry-after')).toBe('2')
  if (status === 503) expect(reply.headers.get('retry-after')).toBe('1')
})

test('500 without a detail when a service refuses the console itself', async () => {
  const error = new GatehouseError('PERMISSION_DENIED', { reason: 'CALLER_NOT_ALLOWED', message: 'console may not' })
  answers.credential = { getApiKey: () => Promise.reject(error) }
  const reply = await console.send('/v1/api-keys/k1')
  expect(reply.body).toMatchObject({ status: 500, code: 'internal' })
  expect(JSON.stringify(reply.body)).not.toContain('may not')
})

test('503 when a service is gone: no host, no port in the answer', async () => {
  const other = await startTestConsole({})
  await other.stopServices()
  const reply = await other.send('/v1/clients')
  expect(reply.body).toMatchObject({ status: 503, code: 'unavailable' })
  expect(JSON.stringify(reply.body)).not.toMatch(/127\.0\.0\.1|ECONNREFUSED/)
  await other.close()
})
