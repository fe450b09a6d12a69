import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ApiKey } from '@gatehouse/contracts/credential/v1/api_key'
import { waitFor } from '@gatehouse/testkit'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Answers, startTestConsole } from './testing/running-console.ts'

interface DecisionRecord {
  readonly metadata: { readonly uid: string; readonly correlation_uid: string; readonly product: { name: string } }
  readonly gatehouse: { readonly reason: string; readonly sequence: number }
}

const shipped: DecisionRecord[] = []
const answers: Answers = {
  audit: {
    async *ingest(requests) {
      for await (const { records } of requests) {
        for (const { json } of records) shipped.push(JSON.parse(Buffer.from(json).toString()) as DecisionRecord)
        yield { storedCount: records.length, duplicateCount: 0, rejectedCount: 0 }
      }
    },
  },
}
let console: Awaited<ReturnType<typeof startTestConsole>>
const key = { ...ApiKey.fromPartial({ apiKeyId: 'k1', version: 7n }), restrictions: undefined }

beforeAll(async () => {
  console = await startTestConsole(answers)
})
afterEach(() => {
  answers.credential = {}
})
afterAll(() => console.close())

/** The records of a request, once one that was made after it has come. */
async function recordsOf(requestId: string): Promise<DecisionRecord[]> {
  const last = `after-${requestId}`
  await console.send('/v1/operators/nobody', { method: 'DELETE', headers: { 'x-request-id': last } })
  await waitFor(() => shipped.some(({ metadata }) => metadata.correlation_uid === last), { what: 'the record came' })
  return shipped.filter(({ metadata }) => metadata.correlation_uid === requestId)
}

function revoke(requestId: string, token?: string) {
  const more = token === undefined ? {} : { token }
  return console.send('/v1/api-keys/k1/revoke?x=1', {
    method: 'POST',
    headers: { 'x-request-id': requestId, 'user-agent': 'curl' },
    ...more,
  })
}

test('a command that is let in is recorded: who, what, and why', async () => {
  answers.credential = { revokeApiKey: async () => ({ apiKey: key, position: 3n }) }
  expect((await revoke('r-allow')).status).toBe(200)
  const [record, ...more] = await recordsOf('r-allow')
  expect(more).toEqual([])
  expect(record).toMatchObject({
    status_code: 'ok',
    metadata: { product: { name: 'console' }, uid: expect.stringMatching(/-console\.\d+\.\d+$/) },
    actor: { user: { uid: 'admin' } },
    api: { operation: 'revokeApiKey' },
    http_request: { http_method: 'POST', url: { path: '/v1/api-keys/k1/revoke' }, user_agent: 'curl' },
    http_response: { code: 200 },
    gatehouse: { outcome: 'allow', reason: 'ok', operation: 'revokeApiKey', auth_method: 'operator_token' },
  })
})

test('what its service refuses was let in all the same: one record', async () => {
  expect((await revoke('r-refused')).status).toBe(501)
  expect(await recordsOf('r-refused')).toMatchObject([{ gatehouse: { reason: 'ok' } }])
})

test.each<[string, number, string, () => Promise<string | undefined>]>([
  ['r-wrong', 401, 'operator_token_invalid', async () => `gho_${'A'.repeat(43)}`],
  ['r-malformed', 401, 'operator_token_invalid', async () => 'nonsense'],
  ['r-role', 403, 'operator_role_insufficient', () => viewer()],
])('%s: %i is recorded as %s', async (requestId, status, reason, token) => {
  expect((await revoke(requestId, await token())).status).toBe(status)
  expect(await recordsOf(requestId)).toMatchObject([
    { status_code: reason, http_response: { code: status }, gatehouse: { outcome: 'deny', operation: 'revokeApiKey' } },
  ])
})

test('a request without a token is recorded as that, also where it only reads or asks for nothing that exists', async () => {
  for (const [path, id, operation] of [
    ['/v1/clients', 'r-read', 'listClients'],
    ['/v1/nothing', 'r-nothing', ''],
  ] as const) {
    await console.send(path, { token: undefined, headers: { 'x-request-id': id } })
    const [record] = await recordsOf(id)
    expect(record).toMatchObject({ status_code: 'operator_token_missing', api: { operation }, actor: {} })
  }
})

test('reads that are let in are not decisions that change anything: no record', async () => {
  answers.credential = { listClients: async () => ({ clients: [], nextPageToken: '' }) }
  await console.send('/v1/clients', { headers: { 'x-request-id': 'r-plain' } })
  await console.send('/v1/openapi.json', { token: undefined, headers: { 'x-request-id': 'r-plain' } })
  expect(await recordsOf('r-plain')).toEqual([])
})

test('every record fits the published schema, and the sequence has no hole and no secret', async () => {
  await recordsOf('r-last')
  const path = join(import.meta.dirname, '../../../docs/decision-record.schema.json')
  const validate = new Ajv2020({ strict: false }).compile(JSON.parse(readFileSync(path, 'utf8')) as object)
  for (const record of shipped) expect(validate(record), JSON.stringify(validate.errors)).toBe(true)
  const sequences = shipped.map(({ gatehouse }) => gatehouse.sequence)
  expect(sequences).toEqual(sequences.map((_, index) => index + 1))
  expect(JSON.stringify(shipped)).not.toContain('gho_')
})

async function viewer(): Promise<string> {
  const body = { operator_id: 'viewer1', role: 'viewer' }
  return (await console.send('/v1/operators', { method: 'POST', body })).body.token
}
