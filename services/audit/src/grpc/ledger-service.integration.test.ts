import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LedgerServiceClient } from '@gatehouse/contracts/audit/v1/ledger_service'
import { migrate, openPool } from '@gatehouse/event-store'
import { createClient, createLogger, devCertificates } from '@gatehouse/grpc-service'
import { sharedDatabase } from '@gatehouse/testkit'
import { leafHash, openCheckpoint, provesConsistency, provesInclusion, verifyExport } from '@gatehouse/transparency-log'
import { expect, onTestFinished, test } from 'vitest'
import { record } from '../domain/record.fixture.ts'
import { readConfig, startAudit } from '../service.ts'
import { dropDays } from '../store/days.ts'
import { openLedger } from '../store/ledger.ts'
import { growTree } from '../store/tree.ts'

const migrations = new URL('../migrations/audit/', import.meta.url)
const logger = createLogger('audit', { write: () => undefined })
const dayMs = 86_400_000

async function openStore() {
  const postgresUrl = await sharedDatabase()
  const pool = openPool({ url: postgresUrl, applicationName: 'ledger service test' })
  onTestFinished(() => pool.end())
  await migrate(pool, 'audit', [migrations])
  const dataDir = await mkdtemp(join(tmpdir(), 'ledger-'))
  onTestFinished(() => rm(dataDir, { recursive: true }))
  let nowMs = Date.now()
  const ledger = openLedger({ pool, now: () => nowMs })
  const environment = {
    GATEHOUSE_DATA_DIR: dataDir,
    GATEHOUSE_POSTGRES_URL: postgresUrl,
    GATEHOUSE_AUDIT_ADDRESS: '127.0.0.1:0',
    GATEHOUSE_AUDIT_OPS_PORT: '0',
    GATEHOUSE_CREDENTIAL_ADDRESS: '127.0.0.1:1',
  }
  return {
    pool,
    environment,
    /** Stores so many records, some days from now. */
    async store(count: number, day = 0, node = 'n') {
      nowMs = Date.now() + day * dayMs
      const records = Array.from({ length: count }, (_, index) => record(BigInt(index + 1), {}, {}, node))
      for (let at = 0; at < count; at += 1000)
        await ledger.append({ source: 'test', records: records.slice(at, at + 1000) })
      return records
    },
  }
}

async function openService() {
  const store = await openStore()
  const service = await startAudit(readConfig(store.environment), { logger })
  onTestFinished(() => service.close())
  const { GATEHOUSE_DATA_DIR: dataDir } = store.environment
  const connect = async (caller: string) => {
    const tls = await devCertificates(dataDir, caller)
    const client = createClient(LedgerServiceClient, { address: service.address, tls, peer: 'audit' })
    onTestFinished(() => client.close())
    return client
  }
  const client = await connect('console')
  async function exported(): Promise<Buffer[]> {
    const all: Buffer[] = []
    for await (const { lines } of client.exportLedger({})) all.push(...lines.map((line) => Buffer.from(line)))
    return all
  }
  return { ...store, client, connect, exported }
}

test('every record is proven to be in the tree, and the tree to have grown', { timeout: 60_000 }, async () => {
  const { client, store } = await openService()
  const { checkpoint: empty, verifierKey } = await client.getCheckpoint({})
  expect(openCheckpoint(empty, verifierKey).size).toBe(0)
  const earlier = []
  for (const [node, count] of [
    ['a', 1],
    ['b', 254],
    ['c', 2],
    ['d', 300],
  ] as const) {
    await store(count, 0, node)
    earlier.push(openCheckpoint((await client.getCheckpoint({})).checkpoint, verifierKey))
  }
  expect(earlier.map(({ size }) => size)).toEqual([1, 255, 257, 557])
  const to = earlier.at(-1)!
  for (const from of earlier) {
    const { hashes, checkpoint } = await client.getConsistencyProof({ fromSize: BigInt(from.size), toSize: 0n })
    expect(openCheckpoint(checkpoint, verifierKey)).toEqual(to)
    expect(provesConsistency({ from, to }, hashes)).toBe(true)
  }
  for (const [node, sequence] of [
    ['a', 1],
    ['b', 1],
    ['b', 254],
    ['c', 1],
    ['d', 1],
    ['d', 300],
  ] as const) {
    const { json, epoch } = record(BigInt(sequence), {}, {}, node)
    const proof = await client.getInclusionProof({ decisionId: `${node}.${epoch}.${sequence}`, treeSize: 0n })
    expect(Buffer.from(proof.record)).toEqual(Buffer.from(json))
    const claim = { leaf: leafHash(proof.record), index: Number(proof.leafIndex), ...to }
    expect(provesInclusion(claim, proof.hashes)).toBe(true)
  }
  const { epoch } = record(1n)
  const old = await client.getInclusionProof({ decisionId: `a.${epoch}.1`, treeSize: 255n })
  const claim = { leaf: leafHash(old.record), index: 0, ...earlier[1]! }
  expect(provesInclusion(claim, old.hashes)).toBe(true)
  expect(openCheckpoint(old.checkpoint, verifierKey)).toEqual(earlier[1])
})

test('an export is verified; what was changed in the store is found', { timeout: 60_000 }, async () => {
  const { client, store, exported, pool } = await openService()
  const records = await store(1200)
  const { verifierKey, checkpoint: earlier } = await client.getCheckpoint({})
  const lines = await exported()
  expect(lines.slice(1)).toEqual(records.map(({ json }) => Buffer.from(json)))
  expect(await verifyExport(lines, { verifierKey, earlier: [earlier] })).toMatchObject({
    firstPosition: 1,
    records: 1200,
  })
  const wrong = 'its records are not those that were signed for'
  const restore = async (position: number) =>
    pool.query('UPDATE audit.decision SET json = $2 WHERE position = $1', [position, records[position - 1]!.json])
  await pool.query(
    `UPDATE audit.decision SET json = replace(encode(json, 'escape'), 'allow', 'deny')::bytea WHERE position = 700`,
  )
  await expect(verifyExport(await exported(), { verifierKey })).rejects.toThrow(wrong)
  await restore(700)
  await expect(verifyExport(await exported(), { verifierKey })).resolves.toBeDefined()
  for (const [from, to] of [
    [3, 9000],
    [4, 3],
    [9000, 4],
  ])
    await pool.query('UPDATE audit.decision SET position = $2 WHERE position = $1', [from, to])
  await expect(verifyExport(await exported(), { verifierKey })).rejects.toThrow(wrong)
  await pool.query('DELETE FROM audit.decision WHERE position = 5')
  await expect(exported()).rejects.toThrow('records were dropped meanwhile')
})

test('a checkpoint of before holds after a restart; records of before the tree are in it', {
  timeout: 60_000,
}, async () => {
  const { environment, store, pool } = await openStore()
  await store(3)
  const checkpointOf = async () => {
    const service = await startAudit(readConfig(environment), { logger })
    const tls = await devCertificates(environment.GATEHOUSE_DATA_DIR, 'console')
    const client = createClient(LedgerServiceClient, { address: service.address, tls, peer: 'audit' })
    try {
      return await client.getCheckpoint({})
    } finally {
      client.close()
      await service.close()
    }
  }
  const first = await checkpointOf()
  expect(openCheckpoint(first.checkpoint, first.verifierKey).size).toBe(3)
  expect(await checkpointOf()).toEqual(first)
  const key = join(environment.GATEHOUSE_DATA_DIR, 'keys', 'ledger-key.pem')
  expect((await stat(key)).mode & 0o777).toBe(0o600)
  expect(await readFile(key, 'utf8')).toContain('PRIVATE KEY')
  await writeFile(key, 'no key')
  await expect(checkpointOf()).rejects.toThrow('GATEHOUSE_LEDGER_KEY')
  expect((await pool.query('SELECT size FROM audit.tree')).rows).toEqual([{ size: '3' }])
})

test('several that grow the tree at once take each record once', { timeout: 60_000 }, async () => {
  const { pool, store } = await openStore()
  await store(21_000)
  while ((await Promise.all(Array.from({ length: 4 }, () => growTree(pool)))).includes(true));
  const { rows } = await pool.query(
    'SELECT size::int, (SELECT sum(length(hashes)) FROM audit.tile WHERE level = 0)::int AS bytes FROM audit.tree',
  )
  expect(rows).toEqual([{ size: 21_000, bytes: 21_000 * 32 }])
})

test('dropped days stay in the tree: an export begins behind them', { timeout: 60_000 }, async () => {
  const { client, exported, store, pool } = await openService()
  const { verifierKey } = await client.getCheckpoint({})
  await store(270)
  const { checkpoint: earlier } = await client.getCheckpoint({})
  await store(5, 1, 'later')
  await store(1, 2, 'last')
  await client.getCheckpoint({})
  expect(await dropDays(pool, new Date(Date.now() + 2 * dayMs).toISOString().slice(0, 10))).toHaveLength(2)
  const lines = await exported()
  expect(await verifyExport(lines, { verifierKey })).toMatchObject({ firstPosition: 276, records: 1 })
  await expect(verifyExport(lines, { verifierKey, earlier: [earlier] })).rejects.toThrow('a consistency proof')
  const { size, root } = openCheckpoint(earlier, verifierKey)
  const grown = await client.getConsistencyProof({ fromSize: BigInt(size), toSize: 0n })
  const to = openCheckpoint(grown.checkpoint, verifierKey)
  expect(provesConsistency({ from: { size, root }, to }, grown.hashes)).toBe(true)
})

test('what is asked for wrongly is said; only the console may ask', async () => {
  const { client, connect, store } = await openService()
  await store(2)
  const { epoch } = record(1n)
  const decisionId = `n.${epoch}.2`
  const refused = (call: Promise<unknown>) =>
    call.then(
      () => 'answered',
      (error: Error) => error.message,
    )
  expect(await refused(client.getInclusionProof({ decisionId: 'n.1.99', treeSize: 0n }))).toMatch('does not exist')
  expect(await refused(client.getInclusionProof({ decisionId, treeSize: 1n }))).toMatch('in a tree of 1')
  expect(await refused(client.getInclusionProof({ decisionId, treeSize: 3n }))).toMatch('tree_size: the tree')
  expect(await refused(client.getInclusionProof({ decisionId, treeSize: -1n }))).toMatch('tree_size: the tree')
  expect(await refused(client.getConsistencyProof({ fromSize: 9n, toSize: 0n }))).toMatch('from_size: not from 0 to 2')
  expect(await refused(client.getConsistencyProof({ fromSize: 2n, toSize: 1n }))).toMatch('from_size: not from 0 to 1')
  expect(await refused(client.getConsistencyProof({ fromSize: -1n, toSize: 0n }))).toMatch('from_size: not from 0')
  const gateway = await connect('gateway')
  expect(await refused(gateway.getCheckpoint({}))).toMatch('gateway')
})
