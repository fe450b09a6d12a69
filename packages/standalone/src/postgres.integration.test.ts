import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startEmbeddedPostgres } from './postgres.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gatehouse-postgres-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client(url)
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

/** Rejects when the process ends. */
async function endOf(child: ChildProcess): Promise<never> {
  const [code] = await once(child, 'exit')
  throw new Error(`ended with code ${code}`)
}

describe('embedded Postgres', () => {
  it('finds everything again after a stop, under the same password', async () => {
    const first = await startEmbeddedPostgres({ directory })
    await query(first.url, 'CREATE TABLE things AS SELECT 1 AS id')
    await first.stop()
    expect(await first.exited).toBe(0)
    const second = await startEmbeddedPostgres({ directory })
    expect(new URL(second.url).password).toBe(new URL(first.url).password)
    expect(await query(second.url, 'SELECT id FROM things')).toEqual([{ id: 1 }])
    await second.stop()
  })

  it('asks for its password, which only its own user may read', async () => {
    const server = await startEmbeddedPostgres({ directory })
    const url = new URL(server.url)
    url.password = 'guessed'
    await expect(query(url.href, 'SELECT 1')).rejects.toThrow('password authentication failed')
    expect((await stat(join(directory, 'password'))).mode & 0o777).toBe(0o600)
    await server.stop()
  })

  it('syncs to disk unless told otherwise, and takes settings', async () => {
    const server = await startEmbeddedPostgres({ directory, settings: { work_mem: '5MB' } })
    expect(await query(server.url, 'SHOW fsync')).toEqual([{ fsync: 'on' }])
    expect(await query(server.url, 'SHOW synchronous_commit')).toEqual([{ synchronous_commit: 'on' }])
    expect(await query(server.url, 'SHOW work_mem')).toEqual([{ work_mem: '5MB' }])
    await server.stop()
  })

  it('refuses a directory that is in use, in one line', async () => {
    const server = await startEmbeddedPostgres({ directory })
    await expect(startEmbeddedPostgres({ directory })).rejects.toThrow(
      /^Postgres in \S+ is in use by another process.*$/,
    )
    expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    await server.stop()
  })

  it('refuses a port in use and data of another version, with the reason', async () => {
    const server = await startEmbeddedPostgres({ directory })
    const other = await mkdtemp(join(tmpdir(), 'gatehouse-postgres-'))
    const taken = startEmbeddedPostgres({ directory: other, port: server.port })
    await expect(taken).rejects.toThrow(/does not start: .*could not bind.*Address already in use/)
    await writeFile(join(other, 'cluster', 'PG_VERSION'), '12\n')
    await expect(startEmbeddedPostgres({ directory: other })).rejects.toThrow(/initialized by PostgreSQL version 12/)
    await server.stop()
    await rm(other, { recursive: true })
  })

  it('starts again, with all that was committed, right after its owner was killed', async () => {
    const script = `
      const { startEmbeddedPostgres } = await import(${JSON.stringify(join(import.meta.dirname, 'postgres.ts'))})
      console.log((await startEmbeddedPostgres({ directory: ${JSON.stringify(directory)} })).url)
      setInterval(() => {}, 1000)`
    const owner = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [url] = await Promise.race([once(createInterface({ input: owner.stdout }), 'line'), endOf(owner)])
    await query(url, 'CREATE TABLE things AS SELECT 1 AS id')
    owner.kill('SIGKILL')
    const server = await startEmbeddedPostgres({ directory })
    expect(await query(server.url, 'SELECT id FROM things')).toEqual([{ id: 1 }])
    await server.stop()
  })
})
