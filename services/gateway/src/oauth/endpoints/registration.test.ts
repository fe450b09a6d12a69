import type {
  DeleteDynamicClientRequest,
  RegisterDynamicClientRequest,
  ReplaceDynamicClientRequest,
} from '@gatehouse/contracts/credential/v1/client_registration_service'
import { Facts } from '@gatehouse/contracts/token/v1/token_service'
import { afterEach, expect, test } from 'vitest'
import { type Authorizing, authorizing } from '../../../test/authorizing.ts'

let gateway: Authorizing
afterEach(() => gateway.close())

const facts = { ...Facts.create(), reason: 'ok', clientId: 'c9' }
const body = { $case: 'body', value: '{"client_id":"c9"}' } as const
const json = { 'content-type': 'application/json', authorization: 'Bearer gate' }

test('a client registers itself with an initial access token', async () => {
  const asked: RegisterDynamicClientRequest[] = []
  gateway = await authorizing({
    async registerDynamicClient(request) {
      asked.push(request)
      return { result: body, facts, position: 5n }
    },
  })
  const answer = await gateway.ask('/oauth2/v2/register', { method: 'POST', body: '{"a":1}', headers: json })
  expect([answer.status, await answer.json()]).toEqual([201, { client_id: 'c9' }])
  expect(answer.headers.get('x-gatehouse-position')).toBe('credential:5')
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect({ ...asked[0], metadata: String(asked[0]?.metadata) }).toEqual({
    requestId: expect.any(String),
    ...{ environmentId: 'alpha', authorization: 'Bearer gate', metadata: '{"a":1}' },
    registrationEndpoint: 'http://a/oauth2/v2/register',
  })
  expect(await gateway.record()).toMatchObject({ gatehouse: { operation: 'oauth2.register', client_id: 'c9' } })
})

test('a client reads, replaces and deletes its own metadata', async () => {
  const asked: (ReplaceDynamicClientRequest | DeleteDynamicClientRequest)[] = []
  gateway = await authorizing({
    getDynamicClient: async () => ({ result: body, facts }),
    async replaceDynamicClient(request) {
      asked.push(request)
      return { result: body, facts, position: 6n }
    },
    async deleteDynamicClient(request) {
      asked.push(request)
      return { refusal: undefined, facts, position: 7n }
    },
  })
  const path = '/oauth2/v2/register/c9'
  const read = await gateway.ask(path, { headers: json })
  expect([read.status, await read.json()]).toEqual([200, { client_id: 'c9' }])
  const replaced = await gateway.ask(path, { method: 'PUT', body: '{}', headers: json })
  expect([replaced.status, replaced.headers.get('x-gatehouse-position')]).toEqual([200, 'credential:6'])
  const deleted = await gateway.ask(path, { method: 'DELETE', headers: json })
  expect([deleted.status, await deleted.text()]).toEqual([204, ''])
  expect(asked).toMatchObject([{ clientId: 'c9' }, { clientId: 'c9', authorization: 'Bearer gate' }])
})

test('a refusal is the RFC’s', async () => {
  const value = { error: 'invalid_token', errorDescription: '', status: 401, challenge: 'Bearer error="invalid_token"' }
  gateway = await authorizing({
    registerDynamicClient: async () => ({
      ...{ result: { $case: 'refusal', value }, position: 0n },
      facts: { ...facts, reason: 'initial_access_token_unknown' },
    }),
  })
  const answer = await gateway.ask('/oauth2/v2/register', { method: 'POST', body: '{}', headers: json })
  expect([answer.status, await answer.json()]).toEqual([401, { error: 'invalid_token' }])
  expect(answer.headers.get('www-authenticate')).toBe(value.challenge)
  expect(answer.headers.get('x-gatehouse-position')).toBeNull()
})

test.each([
  ['GET', '/oauth2/v2/register', 405],
  ['POST', '/oauth2/v2/register/c9', 405],
  ['PATCH', '/oauth2/v2/register/c9', 405],
  ['POST', '/oauth2/v2/register?a=b', 400],
])('%s %s is %i', async (method, path, status) => {
  gateway = await authorizing()
  const sent = method === 'GET' ? {} : { body: '{}' }
  expect((await gateway.ask(path, { method, headers: json, ...sent })).status).toBe(status)
})

test('a body that is not JSON by its type, or too large, is not asked about', async () => {
  gateway = await authorizing()
  const post = (type: string, text: string) =>
    gateway.ask('/oauth2/v2/register', { method: 'POST', body: text, headers: { 'content-type': type } })
  expect((await post('text/plain', '{}')).status).toBe(400)
  expect((await post('application/json', ' '.repeat((64 << 10) + 1))).status).toBe(413)
})
