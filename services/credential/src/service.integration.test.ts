import { createHash, randomUUID } from 'node:crypto'
import { ApiKeyState } from '@gatehouse/contracts/credential/v1/api_key'
import { SubscriptionState } from '@gatehouse/contracts/credential/v1/subscription'
import { credentialEvents, decodeEvent } from '@gatehouse/contracts/events'
import { digestSecret, parseApiKey } from '@gatehouse/credential-format'
import { sharedDatabase, sharedKafka, waitFor } from '@gatehouse/testkit'
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import {
  as,
  console,
  id,
  issued,
  log,
  logLines,
  postgresUrl,
  refused,
  remember,
  revoke,
  secrets,
  serveOn,
  service,
  start,
  subscribed,
} from './running-service.fixture.ts'

serveOn(sharedDatabase)

test('a subscription is activated with its first key, whose secret is what was stored as a digest', async () => {
  const { activated, subscriptionId, clientId } = await subscribed()
  const state = SubscriptionState.SUBSCRIPTION_STATE_ACTIVE
  expect(activated.subscription).toMatchObject({ state, version: 2n, environmentId: 'alpha' })
  expect(activated.apiKey).toMatchObject({ clientId, subscriptionId, state: ApiKeyState.API_KEY_STATE_ACTIVE })
  const parsed = parseApiKey(activated.apiKeySecret)
  expect(parsed).toMatchObject({ environmentId: 'alpha', id: activated.apiKey!.apiKeyId })
  const events = []
  for await (const batch of log.readEvents({ afterPosition: activated.position - 1n, untilHead: true })) {
    events.push(...batch.events)
  }
  const event = decodeEvent(credentialEvents, events[0]!)
  expect(event).toMatchObject({ type: 'gatehouse.credential.v1.ApiKeyIssued' })
  expect(event?.data).toMatchObject({ digest: Buffer.from(digestSecret(activated.apiKeySecret)) })
})

test('a key is issued, suspended, resumed, restricted, expires and is revoked; get tells each', async () => {
  const { subscriptionId } = await subscribed()
  const { apiKeyId, position } = await issued(subscriptionId)
  const states = [
    await console.suspendApiKey({ requestId: id(), apiKeyId, reason: '' }),
    await console.resumeApiKey({ requestId: id(), apiKeyId }),
    await console.restrictApiKey({
      ...{ requestId: id(), apiKeyId },
      restrictions: { cidrs: ['10.0.0.0/8'], operations: ['listOrders'], scopes: [] },
    }),
    await console.expireApiKey({ requestId: id(), apiKeyId, expireTime: new Date('2030-01-01') }),
    await revoke(apiKeyId),
  ]
  expect(states.map(({ apiKey }) => apiKey?.state)).toEqual([2, 1, 1, 1, 3])
  expect(states.map((answer) => answer.position - position)).toEqual([1n, 2n, 3n, 4n, 5n])
  const { apiKey } = await console.getApiKey({ apiKeyId })
  expect(apiKey).toMatchObject({
    ...{ version: 6n, expireTime: new Date('2030-01-01'), revokeTime: expect.any(Date) },
    restrictions: { cidrs: ['10.0.0.0/8'], operations: ['listOrders'] },
  })
  const again = await revoke(apiKeyId)
  expect(again.position).toBe(states[4]!.position)
})

test('rotation answers a successor; both work until the overlap ends', async () => {
  const { subscriptionId } = await subscribed()
  const { apiKeyId } = await issued(subscriptionId)
  const before = Date.now()
  const answer = await console.rotateApiKey({ requestId: id(), apiKeyId, overlap: { seconds: 3600n, nanos: 0 } })
  remember(answer.apiKeySecret)
  expect(answer.apiKey).toMatchObject({ state: ApiKeyState.API_KEY_STATE_ACTIVE, displayName: 'CI' })
  expect(answer.predecessor).toMatchObject({
    ...{ apiKeyId, state: ApiKeyState.API_KEY_STATE_ACTIVE, successorId: answer.apiKey!.apiKeyId },
  })
  const overlapMs = answer.predecessor!.expireTime!.getTime() - before
  expect(overlapMs).toBeGreaterThanOrEqual(3_600_000)
  expect(overlapMs).toBeLessThan(3_660_000)
  const twice = console.rotateApiKey({ requestId: id(), apiKeyId, overlap: undefined })
  await expect(twice).rejects.toEqual(refused('FAILED_PRECONDITION', 'API_KEY_ROTATED'))
})

test('a key made elsewhere is imported by its hash, once', async () => {
  const { subscriptionId } = await subscribed()
  const digest = createHash('sha256').update(randomUUID()).digest()
  const newKey = { subscriptionId, displayName: '', digest, restrictions: undefined, expireTime: undefined }
  const { apiKey } = await console.importApiKey({ requestId: id(), ...newKey })
  expect(apiKey).toMatchObject({ imported: true })
  const again = refused('ALREADY_EXISTS', 'API_KEY_DIGEST_EXISTS')
  await revoke(apiKey!.apiKeyId)
  await expect(console.importApiKey({ requestId: id(), ...newKey })).rejects.toEqual(again)
  const { apiKeySecret } = await issued(subscriptionId)
  const own = { ...newKey, digest: digestSecret(apiKeySecret) }
  await expect(console.importApiKey({ requestId: id(), ...own })).rejects.toEqual(again)
})

describe('a repeated request id', () => {
  test('gets the same answer without the secret, and makes nothing', async () => {
    const { subscriptionId } = await subscribed()
    const request = {
      ...{ requestId: id(), subscriptionId, displayName: 'once' },
      ...{ restrictions: undefined, expireTime: undefined },
    }
    const answers = await Promise.all(Array.from({ length: 8 }, () => console.issueApiKey(request)))
    const shown = answers.filter(({ apiKeySecret }) => apiKeySecret)
    expect(shown).toHaveLength(1)
    remember(shown[0]!.apiKeySecret)
    expect(new Set(answers.map(({ apiKey }) => apiKey!.apiKeyId)).size).toBe(1)
    expect(new Set(answers.map(({ position }) => position)).size).toBe(1)
    const { apiKeys } = await console.listApiKeys({
      ...{ subscriptionId, environmentId: '', clientId: '' },
      ...{ pageSize: 0, pageToken: '' },
    })
    expect(apiKeys.filter(({ displayName }) => displayName === 'once')).toHaveLength(1)
  })

  test('with another request, or for another method, is refused', async () => {
    const { subscriptionId } = await subscribed()
    const [one, two] = [await issued(subscriptionId), await issued(subscriptionId)]
    const requestId = id()
    await revoke(one.apiKeyId, requestId)
    const reused = refused('FAILED_PRECONDITION', 'REQUEST_ID_REUSED')
    await expect(revoke(two.apiKeyId, requestId)).rejects.toEqual(reused)
    await expect(console.resumeApiKey({ requestId, apiKeyId: one.apiKeyId })).rejects.toEqual(reused)
  })
})

test('last use comes from the audit service, keeps the latest, and passes over keys that do not exist', async () => {
  const { subscriptionId } = await subscribed()
  const { apiKeyId, position } = await issued(subscriptionId)
  const { credential: audit } = await as('audit')
  const use = (at: string) => ({ apiKeyId, lastUseTime: new Date(at) })
  await audit.recordApiKeyUse({ uses: [use('2026-01-02'), use('2026-01-03'), { ...use('2026-01-09'), apiKeyId: 'x' }] })
  await audit.recordApiKeyUse({ uses: [use('2026-01-01')] })
  expect((await console.getApiKey({ apiKeyId })).apiKey?.lastUseTime).toEqual(new Date('2026-01-03'))
  expect((await log.getHead({})).position).toBe(position)
})

test('lists are paged by id, and narrowed', async () => {
  const { subscriptionId, clientId } = await subscribed()
  for (let index = 0; index < 4; index++) await issued(subscriptionId)
  const ids: string[] = []
  let pageToken = ''
  do {
    const page = { environmentId: 'alpha', clientId, subscriptionId, pageSize: 2, pageToken }
    const { apiKeys, nextPageToken } = await console.listApiKeys(page)
    ids.push(...apiKeys.map(({ apiKeyId }) => apiKeyId))
    pageToken = nextPageToken
  } while (pageToken)
  expect(ids).toHaveLength(5)
  expect(ids).toEqual([...new Set(ids)].sort())
  const elsewhere = { environmentId: 'beta', clientId, pageSize: 0, pageToken: '' }
  expect(await console.listSubscriptions(elsewhere)).toMatchObject({ subscriptions: [], nextPageToken: '' })
  const { subscriptions } = await console.listSubscriptions({ ...elsewhere, environmentId: '' })
  expect(subscriptions.map((subscription) => subscription.subscriptionId)).toEqual([subscriptionId])
})

test('the log goes live', async () => {
  const { subscriptionId } = await subscribed()
  const { apiKeyId, position } = await issued(subscriptionId)
  const stop = new AbortController()
  const stream = log.readEvents({ afterPosition: position, untilHead: false }, { signal: stop.signal })
  const iterator = stream[Symbol.asyncIterator]()
  const next = iterator.next()
  const revoked = await revoke(apiKeyId)
  const { value } = await next
  expect(value.events).toMatchObject([
    { position: revoked.position, type: 'gatehouse.credential.v1.ApiKeyRevoked', stream: `api_key-${apiKeyId}` },
  ])
  stop.abort()
  await iterator.return?.()
})

test('a restart finds everything, and no secret is in any table or log line', async () => {
  const { clientId, subscriptionId } = await subscribed()
  const { apiKeyId } = await issued(subscriptionId)
  const requestId = id()
  const { position } = await revoke(apiKeyId, requestId)
  await service.close()
  await start()
  expect((await console.getClient({ clientId })).client).toMatchObject({ clientId, displayName: 'Acme', version: 1n })
  expect((await console.getApiKey({ apiKeyId })).apiKey).toMatchObject({ state: ApiKeyState.API_KEY_STATE_REVOKED })
  expect(await revoke(apiKeyId, requestId)).toMatchObject({ position })

  const dump = await dumpOf(postgresUrl)
  expect(dump).toContain(apiKeyId)
  expect(secrets.length).toBeGreaterThan(10)
  for (const secret of secrets) {
    // The whole key, and its secret part alone: as text, and as the bytes that a bytea shows in hex.
    const [, , , part] = secret.split('_') as [string, string, string, string]
    for (const text of [secret, part]) {
      expect(dump.includes(text) || logLines.includes(text)).toBe(false)
      expect(dump.includes(Buffer.from(text).toString('hex'))).toBe(false)
    }
  }
})

test('with Kafka the log is published, from its beginning', async () => {
  const { brokers, prefix } = await sharedKafka()
  await service.close()
  await start({ GATEHOUSE_KAFKA_BROKERS: brokers.join(), GATEHOUSE_TOPIC_PREFIX: prefix })
  const { activated } = await subscribed()
  const client = new pg.Client({ connectionString: postgresUrl })
  await client.connect()
  const published = async () => {
    const { rows } = await client.query('SELECT published_position FROM credential.outbox_relay')
    return BigInt(rows[0].published_position) === activated.position
  }
  await waitFor(published, { what: 'the acknowledgement of the last event' })
  await client.end()
})

/** Every row of every table of the service, as text. */
async function dumpOf(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const tables = await client.query(
    `SELECT table_name FROM information_schema.tables WHERE table_schema = 'credential'`,
  )
  let dump = ''
  for (const { table_name: table } of tables.rows) {
    const { rows } = await client.query(`SELECT t::text AS row FROM credential.${table} AS t`)
    dump += rows.map(({ row }) => row).join('\n')
  }
  await client.end()
  return dump
}
