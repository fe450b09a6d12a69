import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { DecisionFilter } from '@gatehouse/contracts/audit/v1/audit_service'
import type { DecisionRecord } from '@gatehouse/contracts/audit/v1/decision_record'
import { migrate, openPool } from '@gatehouse/event-store'
import { createLogger } from '@gatehouse/grpc-service'
import { sharedDatabase, waitFor } from '@gatehouse/testkit'
import type pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { record } from '../domain/record.fixture.ts'
import { readCompleteness } from '../read/completeness.ts'
import { findDecision, listDecisions } from '../read/decisions.ts'
import { openTail } from '../read/tail.ts'
import { startRetention } from '../retention.ts'
import { openLedger } from './ledger.ts'
import { growTree } from './tree.ts'

const migrations = new URL('../migrations/audit/', import.meta.url)
const logger = createLogger('audit', { write: () => undefined })
const today = Date.parse(new Date().toISOString().slice(0, 10))
const day = (number: number) => today + number * 86_400_000

async function openDatabase(): Promise<pg.Pool> {
  const pool = openPool({ url: await sharedDatabase(), applicationName: 'days test' })
  onTestFinished(() => pool.end())
  return pool
}

/** A ledger on a day of one's choice; records are decided at `timeMs`. */
async function openDays() {
  const pool = await openDatabase()
  await migrate(pool, 'audit', [migrations])
  let nowMs = today
  const ledger = openLedger({ pool, now: () => nowMs })
  async function take(onDay: number, sequence: bigint, timeMs: number, facts: object = {}) {
    nowMs = day(onDay)
    return ledger.append({ source: 'test', records: [record(sequence, facts, { time: timeMs }, 'n')] })
  }
  return { pool, take }
}

const sequences = (decisions: readonly DecisionRecord[]) => decisions.map(({ record }) => Number(record?.sequence))

async function daysOf(pool: pg.Pool): Promise<number[]> {
  const { rows } = await pool.query<{ day: string }>('SELECT day::text FROM audit.day ORDER BY day')
  return rows.map((row) => (Date.parse(row.day) - today) / 86_400_000)
}

async function all(pool: pg.Pool, filter: Partial<DecisionFilter>, pageSize: number): Promise<number[]> {
  const seen: number[] = []
  let pageToken = ''
  do {
    const page = await listDecisions(pool, DecisionFilter.fromPartial(filter), pageSize, pageToken)
    seen.push(...sequences(page.decisions))
    pageToken = page.nextPageToken
  } while (pageToken)
  return seen
}

test('the newest first over many days, whatever the page, also of records that came days late', async () => {
  const { pool, take } = await openDays()
  const expected: { n: bigint; timeMs: number }[] = []
  for (let n = 1n; n <= 60n; n++) {
    const onDay = Math.floor(Number(n) / 2)
    // Every fifth was decided up to ten days before it came, every seventh at one time.
    const lateDays = n % 5n === 0n ? Number(n % 10n) * 2 : 0
    const timeMs = n % 7n === 0n ? day(3) : day(onDay - lateDays) + Number(n)
    await take(onDay, n, timeMs, { client_id: n % 20n === 0n ? 'rare' : 'usual' })
    expected.push({ n, timeMs })
  }
  expected.sort((a, b) => b.timeMs - a.timeMs || Number(b.n - a.n))
  const wanted = expected.map(({ n }) => Number(n))
  for (const pageSize of [1, 7, 100]) expect(await all(pool, {}, pageSize)).toEqual(wanted)
  expect(await all(pool, { clientId: 'rare' }, 2)).toEqual(wanted.filter((n) => n % 20 === 0))
  const [startTime, endTime] = [new Date(day(3)), new Date(day(9))]
  const within = expected.filter(({ timeMs }) => timeMs >= day(3) && timeMs < day(9)).map(({ n }) => Number(n))
  expect(await all(pool, { startTime, endTime }, 4)).toEqual(within)
  expect((await findDecision(pool, `n.${record(1n).epoch}.1`))?.record?.sequence).toBe(1n)
})

test('what came on an earlier day is known on a later one, and a contradiction is found', async () => {
  const { pool, take } = await openDays()
  for (let n = 1n; n <= 40n; n++) await take(Number(n), n, day(Number(n)))
  expect(await take(41, 1n, day(1))).toEqual({ stored: 0, duplicates: 1, rejected: 0 })
  expect(await take(41, 2n, day(3))).toEqual({ stored: 0, duplicates: 0, rejected: 1 })
  expect(await readCompleteness(pool)).toMatchObject([{ node: '_ledger' }, { node: 'n', recordCount: 40n, holes: [] }])
})

test('a clock that goes back to yesterday does not take the ledger with it', async () => {
  const { pool, take } = await openDays()
  for (const onDay of [0, 2, 1]) await take(onDay, BigInt(onDay) + 1n, day(onDay))
  expect(await daysOf(pool)).toEqual([0, 2])
  expect(await all(pool, {}, 2)).toEqual([3, 2, 1])
})

test('the retention drops days, and nothing of later ones; a dropped record that comes again is no new one', async () => {
  const { pool, take } = await openDays()
  for (let n = 1n; n <= 6n; n++) await take(Number(n), n, day(Number(n)))
  await take(2, 9n, -1)
  const keep = async (days: number, onDay: number) => {
    const retention = startRetention({ pool, days, logger, now: () => day(onDay) + 1000 })
    await retention.close()
  }
  await keep(0, 1000)
  expect(await daysOf(pool)).toEqual([0, 1, 2, 3, 4, 5, 6])
  // The tree has none of their records yet; the first of these days is without one.
  await keep(3, 6)
  expect(await daysOf(pool)).toEqual([1, 2, 3, 4, 5, 6])
  await growTree(pool)
  await keep(3, 6)
  expect(await daysOf(pool)).toEqual([3, 4, 5, 6])
  expect((await all(pool, {}, 10)).filter((n) => n > 1)).toEqual([6, 5, 4, 3])
  expect(await take(6, 1n, day(1))).toEqual({ stored: 0, duplicates: 1, rejected: 0 })
  expect(await take(6, 7n, day(7))).toEqual({ stored: 1, duplicates: 0, rejected: 0 })
  const nodes = await readCompleteness(pool)
  expect(nodes.find(({ node }) => node === 'n')).toMatchObject({ lastSequence: 7n, recordCount: 7n, holes: [] })
  await growTree(pool)
  await keep(1, 1000)
  expect(await daysOf(pool)).toEqual([6])
  const { rows } = await pool.query('SELECT count(*)::int AS letters FROM audit.dead_letter')
  expect(rows).toEqual([{ letters: 0 }])
  expect(await take(6, 8n, day(8))).toEqual({ stored: 1, duplicates: 0, rejected: 0 })
})

test('the tail goes on over midnight', async () => {
  const { pool, take } = await openDays()
  const tail = openTail(pool)
  const stop = new AbortController()
  onTestFinished(() => {
    stop.abort()
    tail.close()
  })
  const seen: number[] = []
  const following = (async () => {
    for await (const { record } of tail.follow(undefined, stop.signal)) seen.push(Number(record?.sequence))
  })()
  let n = 0n
  await waitFor(
    async () => {
      n += 1n
      await take(Number(n), n, day(Number(n)))
      return seen.length > 2
    },
    { what: 'the tail has seen three days', timeoutMs: 30_000 },
  )
  await waitFor(() => seen.at(-1) === Number(n), { what: 'the last one', timeoutMs: 30_000 })
  const first = seen[0] ?? 0
  expect(seen).toEqual(Array.from({ length: Number(n) - first + 1 }, (_, i) => first + i))
  stop.abort()
  await following
})

test('a ledger of the first version is taken over with all that it holds', async () => {
  const pool = await openDatabase()
  const root = await mkdtemp(join(tmpdir(), 'ledger-'))
  onTestFinished(() => rm(root, { recursive: true }))
  await cp(new URL('0001_ledger.sql', migrations), join(root, 'audit', '0001_ledger.sql'))
  await migrate(pool, 'audit', [pathToFileURL(`${join(root, 'audit')}/`)])
  const old = [1n, 2n, 4n].map((n) => record(n, { reason: n === 2n ? 'api_key_revoked' : 'ok' }, {}, 'old'))
  for (const [i, { node, epoch, sequence, json }] of old.entries())
    await pool.query(
      `INSERT INTO audit.decision (position, node, epoch, sequence, time, allowed, reason, environment_id, json)
       VALUES ($1, $2, $3, $4, $5, true, $6, 'alpha', $7)`,
      [i + 1, node, epoch, sequence, new Date(day(-30) + i), i === 1 ? 'api_key_revoked' : 'ok', json],
    )
  await pool.query(`
    UPDATE audit.ledger_head SET position = 3;
    INSERT INTO audit.node_epoch SELECT node, epoch, 4, 3 FROM audit.decision LIMIT 1;
    INSERT INTO audit.sequence_hole SELECT node, epoch, 3, 3 FROM audit.decision LIMIT 1`)

  await migrate(pool, 'audit', [migrations])
  const ledger = openLedger({ pool })
  const late = record(3n, {}, { time: day(-20) }, 'old')
  const contrary = record(1n, { reason: 'other' }, {}, 'old')
  expect(await ledger.append({ source: 'test', records: [...old, contrary, late] })).toEqual({
    ...{ stored: 1, duplicates: 3, rejected: 1 },
  })
  const nodes = await readCompleteness(pool)
  expect(nodes.find(({ node }) => node === 'old')).toMatchObject({ recordCount: 4n, holes: [] })
  expect(await all(pool, { environmentId: 'alpha' }, 2)).toEqual([3, 4, 2, 1])
  expect(await all(pool, { reason: 'api_key_revoked' }, 2)).toEqual([2])
  const { rows } = await pool.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relkind = 'i' AND relname LIKE 'was_%' AND relispartition ORDER BY 1`,
  )
  expect(rows.map(({ name }) => name)).toEqual(
    ['api', 'client', 'credential', 'environment', 'operation', 'request', 'time'].map((name) => `was_${name}`),
  )
})
