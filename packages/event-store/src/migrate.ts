import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import type pg from 'pg'
import { advisoryKey } from './advisory-key.ts'
import { withClient } from './pool.ts'

/** Large tables take their time: an hour is far more than a statement of a service gets. */
const FILE_MS_MAX = 3_600_000
const schemaName = /^[a-z][a-z_]{0,40}$/

/**
 * Brings a schema to the newest version: runs the `<number>_<name>.sql` files of each folder that have not run yet, by
 * name, in one transaction. Several instances may start at once. Unqualified names in the files are of the schema.
 * @throws Error when a file that has run was changed, or the schema name is not `[a-z_]`.
 */
export async function migrate(pool: pg.Pool, schema: string, folders: readonly URL[]): Promise<void> {
  if (!schemaName.test(schema)) throw new Error(`schema name ${JSON.stringify(schema)} is not [a-z][a-z_]*`)
  const files = (await Promise.all(folders.map(readMigrations))).flat()
  await withClient(pool, async (client) => {
    await client.query('BEGIN')
    await client.query('SELECT pg_advisory_xact_lock($1, $2)', advisoryKey('migrate', schema))
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`)
    await client.query(`SET LOCAL search_path TO ${schema}; SET LOCAL statement_timeout = ${FILE_MS_MAX}`)
    await client.query('CREATE TABLE IF NOT EXISTS migration (name text PRIMARY KEY, sha256 text NOT NULL)')
    const done = await client.query<{ name: string; sha256: string }>('SELECT name, sha256 FROM migration')
    const hashes = new Map(done.rows.map(({ name, sha256 }) => [name, sha256]))
    for (const { name, sql, sha256 } of files) {
      if (hashes.get(name) === sha256) continue
      if (hashes.has(name)) throw new Error(`migration ${name} of schema ${schema} was changed after it had run`)
      // The driver takes it, its types do not know it.
      const query = { text: sql, query_timeout: FILE_MS_MAX }
      await client.query(query)
      await client.query('INSERT INTO migration (name, sha256) VALUES ($1, $2)', [name, sha256])
    }
    await client.query('COMMIT')
  })
}

async function readMigrations(folder: URL) {
  const names = (await readdir(folder)).filter((name) => /^\d{4}_[a-z_]+\.sql$/.test(name)).sort()
  const group = folder.pathname.split('/').filter(Boolean).at(-1)
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(new URL(name, folder), 'utf8')
      return { name: `${group}/${name}`, sql, sha256: createHash('sha256').update(sql).digest('hex') }
    }),
  )
}
