import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { nativePostgres } from './native/postgres.ts'
import { givenServer, givenTimeoutMs, type Server } from './server.ts'
import { fromDockerOrNative } from './source.ts'
import { waitFor } from './wait-for.ts'

export interface PostgresOptions {
  /** Off only where it does not matter what a crash of the machine loses. Default on. */
  readonly fsync?: boolean
  /** Further settings, by their names in postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>
}

export interface PostgresServer extends Server {
  /** Of a superuser, to the database `postgres` (from the environment: as given there). */
  readonly url: string
  /** Undefined unless native. */
  readonly dataDir: string | undefined
}

/** Postgres from `GATEHOUSE_POSTGRES_URL`, else in Docker, else the one that npm brings. */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const url = process.env['GATEHOUSE_POSTGRES_URL']
  if (url) {
    await postgresAnswers(url, 'GATEHOUSE_POSTGRES_URL names a Postgres that answers', givenTimeoutMs)
    return Object.assign(givenServer('GATEHOUSE_POSTGRES_URL'), { url, dataDir: undefined })
  }
  return fromDockerOrNative('Postgres', {
    docker: async () => (await import('./docker/postgres.ts')).dockerPostgres(options),
    native: () => nativePostgres(options),
  })
}

/** Makes an empty database with a name of its own; returns its URL. */
export async function freshDatabase(server: { readonly url: string }): Promise<string> {
  const name = `test_${randomUUID().replaceAll('-', '')}`
  await query(server.url, `CREATE DATABASE ${name}`)
  const url = new URL(server.url)
  url.pathname = `/${name}`
  return url.href
}

export async function postgresAnswers(url: string, what: string, timeoutMs = 30_000): Promise<void> {
  await waitFor(() => query(url, 'SELECT 1'), { what, timeoutMs, intervalMs: 50 })
}

async function query(url: string, text: string): Promise<true> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query(text)
    return true
  } finally {
    await client.end()
  }
}
