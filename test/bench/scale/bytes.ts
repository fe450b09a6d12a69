import { openPool } from '@gatehouse/event-store'
import { Redis } from 'ioredis'

/** Bytes of the tables of a schema, each with its indexes. */
export async function tableBytes(postgresUrl: string, schema: string): Promise<Readonly<Record<string, number>>> {
  const pool = openPool({ url: postgresUrl, applicationName: 'bench bytes' })
  try {
    const { rows } = await pool.query<{ name: string; bytes: string }>(
      `SELECT relname AS name, pg_total_relation_size(oid) AS bytes FROM pg_class
      WHERE relnamespace = $1::regnamespace AND relkind = 'r'`,
      [schema],
    )
    return Object.fromEntries(rows.map(({ name, bytes }) => [name, Number(bytes)]))
  } finally {
    await pool.end()
  }
}

/** Bytes that Redis has allocated for all that it holds. */
export async function redisBytes(url: string): Promise<number> {
  const redis = new Redis(url)
  try {
    return Number(/^used_memory_dataset:(\d+)/m.exec(await redis.info('memory'))?.[1])
  } finally {
    redis.disconnect()
  }
}
