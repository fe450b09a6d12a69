import { randomUUID } from 'node:crypto'

/** The URL of an empty database on the Postgres of this test run (fsync off). Every call makes another. */
export function sharedDatabase(): Promise<string> {
  return ask('/postgres')
}

/**
 * The URL, with the number, of an empty database on the Redis of this test run. Every call takes the next one.
 * Streams, pub/sub channels and FLUSHALL are not to be used across numbers: FLUSHDB empties yours.
 */
export function sharedRedis(): Promise<string> {
  return ask('/redis')
}

export interface SharedKafka {
  /** HOST:PORT of each. */
  readonly brokers: readonly string[]
  /** To be put before topic and group names: no other call has it. */
  readonly prefix: string
}

/** The one-broker Kafka of this test run. Topics are not made by themselves. */
export async function sharedKafka(): Promise<SharedKafka> {
  return { brokers: await ask<string[]>('/kafka'), prefix: `t${randomUUID().slice(0, 8)}.` }
}

async function ask<Value>(path: string): Promise<Value> {
  const { inject } = await import('vitest') // not above: servers are started outside of tests, too
  const host = inject('gatehouseServers') as string | undefined
  if (!host) throw new Error('shared servers are there in *.integration.test.ts, test/e2e and test/faults only')
  const answer = (await (await fetch(host + path)).json()) as { value: Value; error?: string }
  if (answer.error !== undefined) throw new Error(answer.error)
  return answer.value
}
