import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { sharedDatabase } from '@gatehouse/testkit'
import type pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { migrate } from './migrate.ts'
import { openPool } from './pool.ts'

let pool: pg.Pool
let folder: string
let url: URL

beforeEach(async () => {
  pool = openPool({ url: await sharedDatabase(), applicationName: 'migrate test' })
  folder = await mkdtemp(join(tmpdir(), 'migrations-'))
  url = pathToFileURL(`${folder}/`)
})
afterEach(async () => {
  await pool.end()
  await rm(folder, { recursive: true })
})

const file = (name: string, sql: string) => writeFile(join(folder, name), sql)
const tables = async () => {
  const text = `SELECT table_name FROM information_schema.tables WHERE table_schema = 'policy' ORDER BY 1`
  return (await pool.query<{ table_name: string }>(text)).rows.map((row) => row.table_name)
}

test('runs each file once, in order, when five instances start at once', async () => {
  await file('0002_more.sql', 'ALTER TABLE thing ADD COLUMN size int')
  await file('0001_thing.sql', 'CREATE TABLE thing (name text)')
  await Promise.all(Array.from({ length: 5 }, () => migrate(pool, 'policy', [url])))
  await file('0003_last.sql', 'CREATE TABLE last (name text)')
  await migrate(pool, 'policy', [url])
  expect(await tables()).toEqual(['last', 'migration', 'thing'])
})

test('a file that fails leaves nothing of its run', async () => {
  await file('0001_thing.sql', 'CREATE TABLE thing (name text)')
  await file('0002_broken.sql', 'CREATE TABLE broken (')
  await expect(migrate(pool, 'policy', [url])).rejects.toThrow(/syntax error/)
  expect(await tables()).toEqual([])
})

test('refuses a file that was changed after it had run, and a schema name that needs quotes', async () => {
  await file('0001_thing.sql', 'CREATE TABLE thing (name text)')
  await migrate(pool, 'policy', [url])
  await file('0001_thing.sql', 'CREATE TABLE thing (name text, size int)')
  await expect(migrate(pool, 'policy', [url])).rejects.toThrow(/0001_thing.sql of schema policy was changed/)
  await expect(migrate(pool, 'policy"; DROP', [url])).rejects.toThrow(/schema name/)
})
