import { readdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, relative } from 'node:path'
import { Redis } from 'ioredis'
import pg from 'pg'
import type { Place } from './check/secrets.ts'
import { readTopic, topicsOf } from './read-topic.ts'

/** Every file below a directory; `except` are paths relative to it. */
export async function filesBelow(directory: string, except: readonly string[] = []): Promise<Place[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  const wanted = files.filter((file) => !except.includes(relative(directory, file)))
  // A server may remove one of its files in between.
  const read = async (file: string) => ({ name: file, bytes: await readFile(file).catch(() => Buffer.alloc(0)) })
  return Promise.all(wanted.map(read))
}

/** Every row of every table. */
export async function tablesOf(url: string): Promise<Place[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows: tables } = await client.query<{ name: string }>(`
    SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) AS name FROM information_schema.tables
    WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`)
  const places: Place[] = []
  for (const { name } of tables) {
    const { rows } = await client.query<Record<string, unknown>>(`SELECT * FROM ${name}`)
    places.push({ name: `table ${name}`, bytes: Buffer.concat(rows.flatMap(Object.values).map(asBytes)) })
  }
  await client.end()
  return places
}

function asBytes(value: unknown): Buffer {
  return Buffer.isBuffer(value) ? value : Buffer.from(`${JSON.stringify(value)}\n`)
}

/** Every key of every database, with what it holds. */
export async function keysOf(url: string): Promise<Place[]> {
  const redis = new Redis(url)
  const keyspace = await redis.info('keyspace')
  const places: Place[] = []
  for (const [, database = ''] of keyspace.matchAll(/^db(\d+):/gm)) {
    await redis.select(database)
    for (const key of await redis.keys('*'))
      places.push({ name: `Redis key ${key}`, bytes: await contentOf(redis, key) })
  }
  redis.disconnect()
  return places
}

const readers: Readonly<Record<string, (key: string) => [string, ...string[]]>> = {
  string: (key) => ['GET', key],
  hash: (key) => ['HGETALL', key],
  stream: (key) => ['XRANGE', key, '-', '+'],
  set: (key) => ['SMEMBERS', key],
  zset: (key) => ['ZRANGE', key, '0', '-1'],
  list: (key) => ['LRANGE', key, '0', '-1'],
}

async function contentOf(redis: Redis, key: string): Promise<Buffer> {
  const type = await redis.type(key)
  const command = readers[type]?.(key)
  if (!command) throw new Error(`Redis key ${key} is a ${type}`)
  const [name, ...args] = command
  return Buffer.concat([Buffer.from(key), ...flat(await redis.callBuffer(name, ...args))])
}

function flat(reply: unknown): Buffer[] {
  return Array.isArray(reply) ? reply.flatMap(flat) : [Buffer.isBuffer(reply) ? reply : Buffer.from(String(reply))]
}

/** Every record of every topic. */
export async function topicRecords(brokers: readonly string[]): Promise<Place[]> {
  const places: Place[] = []
  for (const topic of await topicsOf(brokers)) {
    const records = await readTopic(brokers, topic)
    const parts = records.flatMap(({ key, value, headers }) => [key, value, ...Object.values(headers)])
    places.push({ name: `topic ${topic}`, bytes: Buffer.concat(parts.flatMap((part) => part ?? [])) })
  }
  return places
}

/** Takes what OpenTelemetry exports. */
export async function startTraceSink() {
  const bodies: Buffer[] = []
  const server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => bodies.push(chunk))
    request.on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    place: (): Place => ({ name: 'the traces', bytes: Buffer.concat(bodies) }),
    close: () => server.closeAllConnections() ?? server.close(),
  }
}
