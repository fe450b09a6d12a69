import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConfig as readCredentialConfig, startCredential } from '@gatehouse/credential'
import { createLogger } from '@gatehouse/grpc-service'
import { sharedDatabase } from '@gatehouse/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readConfig } from './config.ts'
import { startConsole } from './service.ts'

const lines: string[] = []
const closers: (() => Promise<unknown>)[] = []
let address: string
let token: string

beforeAll(async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'console-'))
  closers.push(() => rm(dataDir, { recursive: true }))
  const logger = createLogger('test', { write: (line) => lines.push(line) })
  const credential = await startCredential(
    readCredentialConfig({
      GATEHOUSE_DATA_DIR: dataDir,
      GATEHOUSE_POSTGRES_URL: await sharedDatabase(),
      GATEHOUSE_CREDENTIAL_ADDRESS: '127.0.0.1:0',
      GATEHOUSE_CREDENTIAL_OPS_PORT: '0',
    }),
    { logger },
  )
  closers.push(credential.close)
  const console = await startConsole(
    readConfig({
      GATEHOUSE_DATA_DIR: dataDir,
      GATEHOUSE_CONSOLE_ADDRESS: '127.0.0.1:0',
      GATEHOUSE_CONSOLE_OPS_PORT: '0',
      GATEHOUSE_CREDENTIAL_ADDRESS: credential.address,
    }),
    { logger },
  )
  closers.push(console.close)
  address = console.address
  token = console.firstOperatorToken!
})

afterAll(async () => {
  for (const close of closers.reverse()) await close()
})

async function post(path: string, body: object = {}, headers: Record<string, string> = {}) {
  const response = await fetch(`http://${address}/v1/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  return { status: response.status, etag: response.headers.get('etag'), body: JSON.parse(await response.text()) }
}

async function get(path: string) {
  const response = await fetch(`http://${address}/v1/${path}`, { headers: { authorization: `Bearer ${token}` } })
  return JSON.parse(await response.text())
}

test('a key is issued, listed, rotated and revoked; a stale version is 412, a repeated write is replayed', async () => {
  const client = await post('clients', { environment_id: 'alpha', client_id: 'shop' })
  expect(client).toMatchObject({ status: 201, body: { client: { client_id: 'shop', state: 'active' } } })
  expect((await post('clients', { environment_id: 'alpha', client_id: 'shop' })).status).toBe(409)

  const asked = await post('subscriptions', { client_id: 'shop', api_id: 'orders', plan_id: 'gold' })
  const subscription = `subscriptions/${asked.body.subscription.subscription_id}`
  const again = { 'idempotency-key': 'activate-1' }
  const active = await post(`${subscription}/activate`, {}, again)
  expect(active.body).toMatchObject({
    subscription: { state: 'active' },
    position: expect.stringMatching(/^credential:\d+$/),
  })
  const secret = active.body.api_key_secret
  expect(secret).toMatch(/^gh_alpha_/)
  const replayed = await post(`${subscription}/activate`, {}, again)
  expect(replayed.body).toMatchObject({ api_key: active.body.api_key, position: active.body.position })
  expect(replayed.body).not.toHaveProperty('api_key_secret')

  const key = `api-keys/${active.body.api_key.api_key_id}`
  expect((await get(`${subscription}/credentials`)).api_keys).toMatchObject([{ state: 'active' }])
  const rotated = await post(`${key}/rotate`, { overlap: '1h' })
  expect(rotated.body.predecessor.successor_id).toBe(rotated.body.api_key.api_key_id)
  expect((await post(`${key}/revoke`, {}, { 'if-match': '"1"' })).body).toMatchObject({
    status: 412,
    code: 'version_conflict',
  })
  expect((await post(`${key}/revoke`, { reason: 'leaked' })).body.api_key.state).toBe('revoked')
  expect((await get(key)).api_key).toMatchObject({ state: 'revoked', revoke_time: expect.any(String) })
  expect(lines.join('')).not.toContain(secret)
})

test('a range that is none is 400, named by the service where the schema cannot', async () => {
  const restricted = await post('api-keys/none/restrict', { cidrs: ['10.0.0.0/99'] })
  expect(restricted.body).toMatchObject({ status: 400, errors: [{ field: expect.stringContaining('cidrs[0]') }] })
  expect((await post('api-keys/none/restrict', { cidrs: [] })).status).toBe(404)
})
