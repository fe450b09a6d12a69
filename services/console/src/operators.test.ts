import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ApiKey } from '@gatehouse/contracts/credential/v1/api_key'
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

const key = {
  ...ApiKey.fromPartial({ apiKeyId: 'k1', state: 1, createTime: new Date('2026-11-23T04:00:00Z'), version: 7n }),
  restrictions: { cidrs: ['10.0.0.0/8'], operations: [], scopes: [] },
}

test('401 without an operator token, with the challenge', async () => {
  const { status, headers, body } = await console.send('/v1/clients', { token: undefined })
  expect(status).toBe(401)
  expect(headers.get('www-authenticate')).toBe('Bearer realm="gatehouse"')
  expect(headers.get('content-type')).toContain('application/problem+json')
  expect(body).toMatchObject({ code: 'operator_token_required', status: 401 })
})

test.each(['gho_wrong', `gho_${'A'.repeat(43)}`, 'x', ''])('401 with the token %j', async (token) => {
  expect((await console.send('/v1/clients', { token })).status).toBe(401)
})

test('401 for a path that does not exist, unless an operator asks: then 404', async () => {
  expect((await console.send('/v1/nothing', { token: undefined })).status).toBe(401)
  expect((await console.send('/v1/nothing')).body).toMatchObject({ status: 404, code: 'not_found' })
})

test('403 for a viewer who writes and an editor who manages operators', async () => {
  const add = (operator_id: string, role: string) =>
    console.send('/v1/operators', { method: 'POST', body: { operator_id, role } })
  const viewer = (await add('viewer1', 'viewer')).body.token
  const editor = (await add('editor1', 'editor')).body.token
  answers.credential = {
    listApiKeys: async () => ({ apiKeys: [key], nextPageToken: '' }),
    revokeApiKey: async () => ({ apiKey: key, position: 3n }),
  }
  const write = { method: 'POST', body: { reason: 'x' } } as const
  expect((await console.send('/v1/api-keys', { token: viewer })).status).toBe(200)
  expect((await console.send('/v1/api-keys/k1/revoke', { token: viewer, ...write })).body).toMatchObject({
    status: 403,
    code: 'role_not_allowed',
  })
  expect((await console.send('/v1/api-keys/k1/revoke', { token: editor, ...write })).status).toBe(200)
  expect((await console.send('/v1/operators', { token: editor })).status).toBe(403)
})

test('a removed operator is refused at once; the last admin stays', async () => {
  const body = { operator_id: 'temp', role: 'viewer' }
  const { token } = (await console.send('/v1/operators', { method: 'POST', body })).body
  answers.credential = { listApiKeys: async () => ({ apiKeys: [], nextPageToken: '' }) }
  expect((await console.send('/v1/api-keys', { token })).body).toEqual({ api_keys: [] })
  expect((await console.send('/v1/operators', { method: 'POST', body })).status).toBe(409)
  expect((await console.send('/v1/operators/temp', { method: 'DELETE' })).status).toBe(204)
  expect((await console.send('/v1/api-keys', { token })).status).toBe(401)
  expect((await console.send('/v1/operators/temp', { method: 'DELETE' })).status).toBe(404)
  expect((await console.send('/v1/operators/admin', { method: 'DELETE' })).body).toMatchObject({ code: 'last_admin' })
})

test('tokens are kept as SHA-256, in files of their owner alone, and the next start makes no new one', async () => {
  const file = await readFile(join(console.dataDir, 'operators.json'), 'utf8')
  expect(file).not.toContain(console.admin)
  expect(file).toContain(createHash('sha256').update(console.admin).digest('hex'))
  for (const name of ['operators.json', 'operator-token']) {
    expect((await stat(join(console.dataDir, name))).mode & 0o777).toBe(0o600)
  }
  expect((await readFile(join(console.dataDir, 'operator-token'), 'utf8')).trim()).toBe(console.admin)
  await console.stop()
  const again = await console.start()
  expect(again.firstOperatorToken).toBeUndefined()
  await again.close()
})
