import { migrate, openPool } from '@gatehouse/event-store'
import { sharedDatabase } from '@gatehouse/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { record } from '../domain/record.fixture.ts'
import { readCompleteness } from '../read/completeness.ts'
import { findDecision } from '../read/decisions.ts'
import { openLedger } from './ledger.ts'

async function open() {
  const pool = openPool({ url: await sharedDatabase(), applicationName: 'ledger test' })
  onTestFinished(() => pool.end())
  await migrate(pool, 'audit', [new URL('../migrations/audit/', import.meta.url)])
  return { pool, ledger: openLedger({ pool }) }
}

const delivery = (node: string, ...sequences: bigint[]) => ({
  source: 'test',
  records: sequences.map((sequence) => record(sequence, {}, {}, node)),
})

test('deliveries that wait are stored together, each answered for itself, in the order of their coming', async () => {
  const { pool, ledger } = await open()
  const answers = await Promise.all([
    ledger.append(delivery('first', 1n)),
    ledger.append(delivery('a', 1n, 2n)),
    ledger.append(delivery('b', 1n, 1n, 3n)),
    ledger.append({ source: 'test', records: [...delivery('a', 2n, 3n).records, record(1n, {}, {}, '_ledger')] }),
    ledger.append({ source: 'test', records: [record(3n, { reason: 'other' }, {}, 'b')] }),
  ])
  expect(answers).toEqual([
    { stored: 1, duplicates: 0, rejected: 0 },
    { stored: 2, duplicates: 0, rejected: 0 },
    { stored: 2, duplicates: 1, rejected: 0 },
    { stored: 1, duplicates: 1, rejected: 1 },
    { stored: 0, duplicates: 0, rejected: 1 },
  ])
  const { rows } = await pool.query(
    `SELECT position::int, node, sequence::int, xmin::text AS transaction FROM audit.decision ORDER BY position`,
  )
  expect(rows.map(({ position, node, sequence }) => [position, node, sequence])).toEqual([
    [1, 'first', 1],
    [2, 'a', 1],
    [3, 'a', 2],
    [4, 'b', 1],
    [5, 'b', 3],
    [6, 'a', 3],
    [7, '_ledger', 1],
    [8, '_ledger', 2],
  ])
  expect(new Set(rows.map(({ transaction }) => transaction)).size).toBeLessThan(rows.length)
})

test('a delivery that Postgres refuses is refused alone', async () => {
  const { pool, ledger } = await open()
  const beyond = 1n << 63n
  const outcomes = await Promise.allSettled([
    ledger.append(delivery('first', 1n)),
    ledger.append(delivery('good', 1n)),
    ledger.append(delivery('bad', beyond)),
    ledger.append(delivery('good', 2n)),
  ])
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
  const nodes = await readCompleteness(pool)
  expect(nodes.map(({ node, recordCount }) => [node, recordCount])).toEqual([
    ['first', 1n],
    ['good', 2n],
  ])
})

test('what is longest, latest or no text for Postgres is stored and found like the rest', async () => {
  const { pool, ledger } = await open()
  const odd = [
    record(
      1n,
      { client_id: '€'.repeat(300), credential_id: '\u{1F511}'.repeat(200), operation: 'cut\ud800' },
      {},
      'odd',
    ),
    record(2n, { reason: 'a\0b', environment: '' }, { time: 253_402_300_799_999 }, 'odd'),
    record(3n, { filler: 'x'.repeat(250_000) }, { time: 0 }, 'odd'),
    record(4n, { client_id: undefined, environment: undefined, api: 7 }, { time: 946_684_799_999 }, 'odd'),
  ]
  expect(await ledger.append({ source: 'test', records: odd })).toMatchObject({ stored: 4 })
  const found = await Promise.all(odd.map(({ epoch, sequence }) => findDecision(pool, `odd.${epoch}.${sequence}`)))
  expect(found.map((decision) => Buffer.from(decision?.record?.json ?? []).toString())).toEqual(
    odd.map(({ json }) => Buffer.from(json).toString()),
  )
  expect(found).toMatchObject([
    { clientId: '€'.repeat(256), credentialId: '\u{1F511}'.repeat(128), operationId: 'cut\ufffd' },
    { reason: 'a\ufffdb', environmentId: '', time: new Date(253_402_300_799_999) },
    { time: new Date(0) },
    { clientId: '', environmentId: '', apiId: '', time: new Date(946_684_799_999) },
  ])
})

test('a late record, one between holes and one far ahead are new; what is covered is not', async () => {
  const { pool, ledger } = await open()
  await ledger.append(delivery('n', 5n, 2n))
  expect(await ledger.append(delivery('n', 5n, 4n, 9n, 2n, 4n))).toEqual({ stored: 2, duplicates: 3, rejected: 0 })
  expect(await ledger.append(delivery('n', 9n, 1n))).toEqual({ stored: 1, duplicates: 1, rejected: 0 })
  const [node] = await readCompleteness(pool)
  expect(node?.holes.map(({ firstMissing, lastMissing }) => [firstMissing, lastMissing])).toEqual([
    [3n, 3n],
    [6n, 8n],
  ])
  const { rows } = await pool.query('SELECT count(*)::int AS n FROM audit.decision')
  expect(rows).toEqual([{ n: 5 }])
})
