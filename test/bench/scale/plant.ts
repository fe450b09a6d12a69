import { openPool, withClient } from '@gatehouse/event-store'
import type pg from 'pg'
import { openCredentialStore, schema } from '../../../services/credential/src/store/credential-store.ts'
import { copyIn } from './copy-in.ts'
import { addClient, eventsPerClient, keysPerClient, noRows, plantedTables } from './planted-client.ts'

const clientsPerCopy = 1000
/** How many of the keys the load uses; each is of another client. */
const sampleMax = 1000

export interface Planted {
  readonly events: number
  readonly seconds: number
  /** Some of the planted keys, in clear. */
  readonly apiKeys: readonly string[]
}

/**
 * Appends API keys with their clients and subscriptions to the credential log, all in one transaction under the lock of
 * every append: dense positions, streams, claims and read tables as the service writes them, by its own codecs. Only
 * the stored answers of commands are missing, as they are a week later.
 * @param keys a multiple of ten
 */
export async function plant(postgresUrl: string, keys: number): Promise<Planted> {
  const startedAt = performance.now()
  const pool = openPool({ url: postgresUrl, applicationName: 'bench plant', statementTimeoutMs: 600_000 })
  const migrations = new URL('../../../services/credential/src/migrations/credential-read/', import.meta.url)
  const store = await openCredentialStore(pool, migrations)
  try {
    const apiKeys = await withClient(pool, (client) => append(client, keys / keysPerClient))
    await pool.query('VACUUM ANALYZE')
    await pool.query('CHECKPOINT')
    const events = (keys / keysPerClient) * eventsPerClient
    return { events, seconds: (performance.now() - startedAt) / 1000, apiKeys }
  } finally {
    await store.close()
    await pool.end()
  }
}

async function append(client: pg.ClientBase, clients: number): Promise<string[]> {
  await client.query(`BEGIN; SET LOCAL search_path TO ${schema}; SET LOCAL maintenance_work_mem TO '512MB'`)
  const { rows } = await client.query<{ position: string }>('SELECT position FROM log_head FOR UPDATE')
  let head = BigInt(rows[0]?.position ?? 0)
  // An index that is made of all rows takes a tenth of the time of one that grows with them.
  const indexes = await dropIndexes(client)
  const apiKeys: string[] = []
  const every = Math.max(1, Math.floor(clients / sampleMax))
  const time = new Date()
  for (let done = 0; done < clients; ) {
    const planted = noRows()
    for (const end = Math.min(clients, done + clientsPerCopy); done < end; done += 1) {
      const apiKey = addClient(planted, head, time)
      head += BigInt(eventsPerClient)
      if (done % every === 0 && apiKeys.length < sampleMax) apiKeys.push(apiKey)
    }
    for (const [table, columns] of Object.entries(plantedTables))
      await copyIn(client, `${table} (${columns})`, planted[table as keyof typeof plantedTables])
  }
  for (const index of indexes) await client.query(index)
  await client.query('UPDATE log_head SET position = $1', [head])
  await client.query('COMMIT')
  return apiKeys
}

/** @returns the statements that make them again */
async function dropIndexes(client: pg.ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ drop: string; make: string }>(
    `SELECT coalesce('ALTER TABLE ' || i.indrelid::regclass || ' DROP CONSTRAINT ' || c.conname,
        'DROP INDEX ' || i.indexrelid::regclass) AS drop,
      coalesce('ALTER TABLE ' || i.indrelid::regclass || ' ADD CONSTRAINT ' || c.conname || ' '
        || pg_get_constraintdef(c.oid), pg_get_indexdef(i.indexrelid)) AS make
    FROM pg_index AS i LEFT JOIN pg_constraint AS c ON c.conindid = i.indexrelid
    WHERE i.indrelid = ANY ($1::regclass[])`,
    [Object.keys(plantedTables)],
  )
  for (const { drop } of rows) await client.query(drop)
  return rows.map(({ make }) => make)
}

// `node test/bench/scale/plant.ts POSTGRES_URL KEYS` plants by hand.
if (process.argv[1] === import.meta.filename) {
  const [, , url = '', keys = '1000000'] = process.argv
  const { events, seconds, apiKeys } = await plant(url, Number(keys))
  console.log(`${events} events in ${seconds.toFixed(0)} s: ${Math.round(events / seconds)}/s; a key: ${apiKeys[0]}`)
}
