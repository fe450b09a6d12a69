import { eventSources } from '@gatehouse/contracts/events'
import type { Positions } from '@gatehouse/contracts/positions'
import { expiringNouns, type Noun, nouns, splitKey } from '../keys.ts'
import { ReadModelUnavailable } from '../read-model.ts'
import type { Connection } from './connections.ts'
import type { Script } from './scripts.ts'

/** A reply of our scripts: a word, then what belongs to it. */
export type Reply = readonly [word: string, ...rest: readonly unknown[]]

// One hash tag, so one slot: a cluster keeps the whole model on one shard, since only there a write can be atomic.
// It is read far more by the caches of the gateways than by itself, and 1 M credentials take some 300 MB,
// 1 M reference tokens 345 to 440 (split of a client, phantom of a user: `npm run bench token-memory`).
const firstHash = 4

/**
 * A hash for each noun of a generation; what expires has a key of its own, since Redis before 7.4 lets only whole keys
 * expire. So a generation that was replaced leaves nothing behind: its hashes are unlinked, the rest runs out.
 */
export interface Layout {
  readonly changes: string
  /** Positions and hashes of a generation. */
  data(generation: string): readonly string[]
  /** First KEYS of every script. */
  keys(generation: string): readonly string[]
  hash(generation: string, noun: Noun): string
  /** What the keys of a generation begin with. */
  beginning(generation: string): string
}

export function layoutOf(prefix: string): Layout {
  const name = (part: string) => `{${prefix}}:${part}`
  const data = (generation: string) => ['positions', ...nouns].map((part) => name(`${generation}:${part}`))
  const changes = name('changes')
  return {
    changes,
    data,
    keys: (generation) => [name('generation'), changes, ...data(generation)],
    hash: (generation, noun) => name(`${generation}:${noun}`),
    beginning: (generation) => name(`${generation}:`),
  }
}

/** Where a key is looked for: index in KEYS of its hash, its field there, and whether it may have a key of its own. */
export function place(key: string): readonly [hash: number, field: string, expires: boolean] {
  const { noun, id } = splitKey(key)
  return [firstHash + nouns.indexOf(noun), id, expiringNouns.has(noun)]
}

/** Runs a script; every failure of the store becomes ReadModelUnavailable. */
export async function run(
  connection: Connection,
  script: Script,
  keys: readonly (string | Buffer)[],
  args: readonly (string | number | Buffer)[],
): Promise<Reply> {
  try {
    const reply = await evaluate(connection, script, keys, args)
    if (!Array.isArray(reply) || !Buffer.isBuffer(reply[0])) throw new Error('not a reply of ours')
    return [reply[0].toString('latin1'), ...reply.slice(1)]
  } catch (cause) {
    throw unavailable(cause)
  }
}

async function evaluate(
  connection: Connection,
  { lua, sha }: Script,
  keys: readonly (string | Buffer)[],
  args: readonly (string | number | Buffer)[],
): Promise<unknown> {
  try {
    return await connection.callBuffer('EVALSHA', sha, keys.length, ...keys, ...args)
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
    return connection.callBuffer('EVAL', lua, keys.length, ...keys, ...args)
  }
}

/** Positions as the scripts take and answer them: in the order of the logs. */
export function positionsOf(found: unknown): Positions {
  const texts: readonly unknown[] = Array.isArray(found) ? found : []
  return Object.fromEntries(eventSources.map((source, index) => [source, BigInt(String(texts[index]))]))
}

export function positionTexts(positions: Positions): readonly string[] {
  return eventSources.map((source) => String(positions[source] ?? 0n))
}

export function unavailable(cause: unknown): ReadModelUnavailable {
  return new ReadModelUnavailable(`Redis: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
}
