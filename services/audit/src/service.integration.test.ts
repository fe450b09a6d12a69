import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openAuditSink } from '@gatehouse/audit-trail'
import { AuditServiceClient, DecisionFilter } from '@gatehouse/contracts/audit/v1/audit_service'
import type { DecisionRecord, StoredRecord } from '@gatehouse/contracts/audit/v1/decision_record'
import { createClient, createGeneratedClient, createLogger, devCertificates } from '@gatehouse/grpc-service'
import { sharedDatabase, waitFor } from '@gatehouse/testkit'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { record } from './domain/record.fixture.ts'
import { newestStatement } from './read/decisions.ts'
import { Where } from './read/where.ts'
import { type RunningAuditService, readConfig, startAudit } from './service.ts'

let dataDir: string
let service: RunningAuditService
let pool: pg.Pool
const closers: (() => unknown)[] = []

async function settings(caller: string) {
  return { address: service.address, tls: await devCertificates(dataDir, caller), peer: 'audit' }
}

async function as(caller: string) {
  const client = createClient(AuditServiceClient, await settings(caller))
  closers.push(client.close)
  return client
}

/** Ships records as a gateway does. */
async function ingest(records: readonly StoredRecord[], caller = 'gateway'): Promise<void> {
  const { address: auditAddress, tls } = await settings(caller)
  const sinkSettings = { kafkaBrokers: [], topicPrefix: '', node: caller, auditAddress }
  const sink = openAuditSink(sinkSettings, tls, createLogger('audit', { write: () => undefined }))
  try {
    await sink.prepare(records)()
  } finally {
    await sink.close()
  }
}

function list(console: Awaited<ReturnType<typeof as>>, filter: Partial<DecisionFilter>, pageSize = 0, pageToken = '') {
  return console.listDecisions({ filter: DecisionFilter.fromPartial(filter), pageSize, pageToken })
}

const sequences = (decisions: readonly DecisionRecord[]) => decisions.map(({ record }) => Number(record?.sequence))

let console: Awaited<ReturnType<typeof as>>

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'audit-'))
  const postgresUrl = await sharedDatabase()
  pool = new pg.Pool({ connectionString: postgresUrl })
  service = await startAudit(
    readConfig({
      GATEHOUSE_DATA_DIR: dataDir,
      GATEHOUSE_POSTGRES_URL: postgresUrl,
      GATEHOUSE_AUDIT_ADDRESS: '127.0.0.1:0',
      GATEHOUSE_AUDIT_OPS_PORT: '0',
      GATEHOUSE_CREDENTIAL_ADDRESS: '127.0.0.1:1',
    }),
    { logger: createLogger('audit', { write: () => undefined }) },
  )
  console = await as('console')
})

afterAll(async () => {
  for (const close of closers) close()
  await service.close()
  await pool.end()
  await rm(dataDir, { recursive: true, force: true })
})

describe('ingest', () => {
  test('keeps the exact bytes; the same record again changes nothing', async () => {
    const sent = record(1n, {}, {}, 'exact')
    const odd = { ...sent, json: Buffer.from(`${sent.json.toString().replace('{', '{ \t')} `) }
    await ingest([odd])
    await ingest([odd, odd])
    const { decision } = await console.getDecision({ decisionId: `exact.${sent.epoch}.1` })
    expect(Buffer.from(decision!.record!.json).equals(odd.json)).toBe(true)
    expect(decision).toMatchObject({ allowed: true, reason: 'ok', apiId: 'orders', requestId: 'request-1' })
    const { rows } = await pool.query("SELECT count(*)::int AS n FROM audit.decision WHERE node = 'exact'")
    expect(rows).toEqual([{ n: 1 }])
  })

  test('a restarted stream, overlapping batches and two senders at once store each record once', async () => {
    const all = Array.from({ length: 60 }, (_, i) => record(BigInt(i + 1), {}, {}, 'twice'))
    await Promise.all([
      ingest(all.slice(0, 40)),
      ingest(all.slice(20)),
      ingest(all.slice(0, 40)),
      ingest(all.slice(10, 50)),
    ])
    const { nodes } = await console.getCompleteness({})
    expect(nodes.filter(({ node }) => node === 'twice')).toMatchObject([
      { lastSequence: 60n, recordCount: 60n, holes: [] },
    ])
    const { rows } = await pool.query('SELECT count(*)::int AS n, max(position)::int AS max FROM audit.decision')
    expect(rows[0].n).toBe(rows[0].max)
    const { rows: stored } = await pool.query("SELECT count(*)::int AS n FROM audit.decision WHERE node = 'twice'")
    expect(stored).toEqual([{ n: 60 }])
  })

  test('holes are reported, and close when the late records come', async () => {
    const hole = (n: bigint) => record(n, {}, {}, 'holes')
    await ingest([hole(2n), hole(5n), hole(9n)])
    const holesNow = async () => {
      const { nodes } = await console.getCompleteness({})
      const [node] = nodes.filter(({ node }) => node === 'holes')
      return node!.holes.map(({ firstMissing, lastMissing }) => [Number(firstMissing), Number(lastMissing)])
    }
    expect(await holesNow()).toEqual([
      [1, 1],
      [3, 4],
      [6, 8],
    ])
    const metrics = await (await fetch(`http://${service.opsAddress}/metrics`)).text()
    expect(metrics).toMatch(/gatehouse_audit_missing\{of="records",service="audit"\} 6/)
    await ingest([hole(1n), hole(3n), hole(4n), hole(7n)])
    expect(await holesNow()).toEqual([
      [6, 6],
      [8, 8],
    ])
    await ingest([hole(6n), hole(8n)])
    expect(await holesNow()).toEqual([])
  })

  test('what is malformed, or contradicts what is stored, is kept raw, noted once, and stops nothing', async () => {
    const good = record(1n, {}, {}, 'dead')
    const malformed = { ...record(2n, {}, {}, 'dead'), json: Buffer.from([0x7b, 0xff, 0x00]) }
    const contrary = { ...good, json: Buffer.from(good.json.toString().replace('"allow"', '"deny"')) }
    const before = await list(console, { reason: 'record_malformed' })
    await ingest([good, malformed])
    await ingest([malformed, contrary, record(3n, {}, {}, 'dead')])
    await ingest([contrary])
    const notes = await list(console, { reason: 'record_malformed' })
    expect(notes.decisions.length - before.decisions.length).toBe(2)
    expect(new Set(notes.decisions.map((d) => d.record?.node))).toEqual(new Set(['_ledger']))
    const { rows } = await pool.query<{ problem: string; raw: Buffer }>(
      "SELECT problem, raw FROM audit.dead_letter WHERE node = 'dead' ORDER BY note_sequence",
    )
    expect(rows.map(({ raw }) => raw.toString('hex'))).toEqual(
      [malformed, contrary].map(({ json }) => json.toString('hex')),
    )
    expect(rows[1]!.problem).toContain('identity')
    const { decision } = await console.getDecision({ decisionId: `dead.${good.epoch}.1` })
    expect(decision!.allowed).toBe(true)
    const { nodes } = await console.getCompleteness({})
    expect(nodes.find(({ node }) => node === 'dead')!.holes).toMatchObject([{ firstMissing: 2n, lastMissing: 2n }])
    expect(nodes.find(({ node }) => node === '_ledger')!.holes).toEqual([])
  })

  test('only those who decide may write, only the console may read', async () => {
    await expect(ingest([record(1n, {}, {}, 'denied')], 'credential')).rejects.toThrow('PERMISSION_DENIED')
    for (const service of ['policy', 'console']) await ingest([record(1n, {}, {}, `by-${service}`)], service)
    const gateway = await as('gateway')
    await expect(list(gateway, {})).rejects.toMatchObject({ status: 'PERMISSION_DENIED' })
    await expect(gateway.getCompleteness({})).rejects.toMatchObject({ status: 'PERMISSION_DENIED' })
  })
})

describe('queries', () => {
  beforeAll(async () => {
    const records = Array.from({ length: 30 }, (_, i) => {
      const facts = { client_id: `c${i % 3}`, credential_id: `k${i % 5}`, environment: 'queries' }
      const outcome = i % 2 ? { outcome: 'deny', reason: 'api_key_revoked' } : {}
      // Ten of each time: order must hold between equals too.
      return record(BigInt(i + 1), { ...facts, ...outcome }, { time: 1_000_000 + Math.floor(i / 10) }, 'queries')
    })
    await ingest(records)
  })

  test.each([
    ['client', { clientId: 'c1' }, (i: number) => i % 3 === 1],
    ['credential', { credentialId: 'k4' }, (i: number) => i % 5 === 4],
    ['reason', { reason: 'api_key_revoked' }, (i: number) => i % 2 === 1],
    ['outcome', { allowed: true }, (i: number) => i % 2 === 0],
    ['client and outcome', { clientId: 'c0', allowed: false }, (i: number) => i % 6 === 3],
    ['operation', { operationId: 'getOrder' }, () => true],
    ['request id', { requestId: 'request-7' }, (i: number) => i === 6],
    ['start', { startTime: new Date(1_000_001) }, (i: number) => i >= 10],
    ['end', { endTime: new Date(1_000_001) }, (i: number) => i < 10],
    ['nothing that exists', { clientId: "c0' OR true --" }, () => false],
    ['NUL', { clientId: 'c0\0' }, () => false],
  ])('by %s, the newest first', async (_, filter, matches) => {
    const { decisions } = await list(console, { environmentId: 'queries', ...filter }, 100)
    const expected = Array.from({ length: 30 }, (_, i) => i).filter(matches)
    expect(sequences(decisions)).toEqual(expected.map((i) => i + 1).reverse())
  })

  test('pages neither skip nor repeat while records come in', async () => {
    const seen: number[] = []
    let pageToken = ''
    do {
      const page = await list(console, { environmentId: 'queries', clientId: 'c1' }, 3, pageToken)
      seen.push(...sequences(page.decisions))
      pageToken = page.nextPageToken
      const next = BigInt(31 + seen.length)
      await ingest([record(next, { client_id: 'c1', environment: 'queries' }, { time: 2_000_000 }, 'queries')])
    } while (pageToken)
    expect(seen).toEqual([29, 26, 23, 20, 17, 14, 11, 8, 5, 2])
  })

  test('a page token of another filter, or of nobody, names its field', async () => {
    const { nextPageToken } = await list(console, { environmentId: 'queries' }, 1)
    const violation = { status: 'INVALID_ARGUMENT', violations: [{ field: 'page_token' }] }
    await expect(list(console, { clientId: 'c1' }, 1, nextPageToken)).rejects.toMatchObject(violation)
    await expect(list(console, {}, 1, 'nonsense')).rejects.toMatchObject(violation)
  })

  test('large records make small pages, not an error', async () => {
    const large = (n: bigint) => record(n, { environment: 'large', filler: 'x'.repeat(200_000) }, {}, 'large')
    for (let n = 1n; n <= 20n; n++) await ingest([large(n)])
    const first = await list(console, { environmentId: 'large' }, 20)
    expect(first.decisions.length).toBeLessThan(20)
    const second = await list(console, { environmentId: 'large' }, 20, first.nextPageToken)
    expect(first.decisions.length + second.decisions.length).toBe(20)
  })

  test.each(['nonsense', 'gw-1.1', 'gw-1.1790000000.999999', "x'.1.1", ''])('no decision has the id %j', async (id) => {
    await expect(console.getDecision({ decisionId: id })).rejects.toMatchObject({ status: 'NOT_FOUND' })
  })

  test.each(['environment', 'api', 'operation', 'client', 'credential', 'request'])(
    'the newest of one %s are read from its index, without a sort, on a table without statistics',
    async (name) => {
      const column = `${name}_id`
      const where = new Where().and(`${column} = ?`, ['x'])
      const { rows: days } = await pool.query<{ day: string }>('SELECT day::text FROM audit.day LIMIT 1')
      const { text, values } = newestStatement([days[0]!.day], where, 51)
      const { rows } = await pool.query(`EXPLAIN ${text}`, values)
      const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
      expect(plan).toMatch(new RegExp(`Backward using (was_${name}|decision_\\d+_${column}_time_position_idx)`))
      expect(plan).not.toContain('Sort')
    },
  )
})

test('the tail brings what is stored from now on, filtered, in the order of the ledger', async () => {
  await ingest([record(1n, { environment: 'tail' }, {}, 'tail')])
  const seen: number[] = []
  const stop = new AbortController()
  const filter = DecisionFilter.fromPartial({ environmentId: 'tail', allowed: true })
  const following = (async () => {
    for await (const { decision } of console.tailDecisions({ filter }, { signal: stop.signal })) {
      seen.push(Number(decision!.record!.sequence))
    }
  })()
  let next = 2n
  await waitFor(
    async () => {
      await ingest([record(next++, { environment: 'tail' }, {}, 'tail')])
      return seen.length > 0
    },
    { what: 'the tail follows' },
  )
  await ingest([
    record(next, { environment: 'tail', outcome: 'deny' }, {}, 'tail'),
    record(next + 1n, { environment: 'other' }, {}, 'tail'),
    record(next + 2n, { environment: 'tail' }, {}, 'tail'),
  ])
  await waitFor(() => seen.at(-1) === Number(next + 2n), { what: 'the last one' })
  expect(seen).not.toContain(1)
  expect(seen).not.toContain(Number(next))
  expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b))
  stop.abort()
  await following
})

test('a stream that stays open does not hold the shutdown up; the sender hears that it must repeat', async () => {
  const config = readConfig({
    GATEHOUSE_DATA_DIR: dataDir,
    GATEHOUSE_POSTGRES_URL: pool.options.connectionString,
    GATEHOUSE_AUDIT_ADDRESS: '127.0.0.1:0',
    GATEHOUSE_AUDIT_OPS_PORT: '0',
    GATEHOUSE_CREDENTIAL_ADDRESS: '127.0.0.1:1',
  })
  const other = await startAudit(config, { logger: createLogger('audit', { write: () => undefined }) })
  const client = createGeneratedClient(AuditServiceClient, { ...(await settings('gateway')), address: other.address })
  closers.push(() => client.close())
  const call = client.ingest()
  const ended = new Promise<Error>((resolve) => call.on('error', resolve))
  const answered = new Promise((resolve) => call.once('data', resolve))
  call.write({ records: [record(1n, {}, {}, 'drain')] })
  await answered
  const startedAt = performance.now()
  await other.close()
  expect(performance.now() - startedAt).toBeLessThan(30_000)
  expect((await ended).message).toContain('UNAVAILABLE')
})
