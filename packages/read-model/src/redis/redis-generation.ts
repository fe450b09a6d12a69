import { reaches } from '@gatehouse/contracts/positions'
import { digestEntries } from '../digest.ts'
import { expiringNouns, type Noun, nouns } from '../keys.ts'
import {
  type Batch,
  checkBatch,
  type Digest,
  DigestOutrun,
  type Entry,
  expiryOf,
  type Generation,
  type Outcome,
  ReadModelUnavailable,
  type Snapshot,
  type Stored,
} from '../read-model.ts'
import { decodeStored, encodeStored } from '../stored.ts'
import type { Connection } from './connections.ts'
import { ownKey } from './own-key.ts'
import { type Layout, place, positionsOf, type Reply, run } from './redis-store.ts'
import { hashFields, ownEntries } from './scan.ts'
import { applyScript, readScript, type Script } from './scripts.ts'

// A digest is of one place of the logs: tried until nothing was written while it read, at most so often and so long.
const digestAttempts = 20
const digestMs = 5000

/** Which generation the calls are for: a fixed candidate, or whichever serves. */
export interface Target {
  readonly name: string
  readonly candidate: boolean
  /** Runs what names the generation, once more when it serves no longer. */
  call(work: (name: string) => Promise<Reply>): Promise<Reply>
}

export interface RedisGenerationOptions {
  readonly target: Target
  readonly layout: Layout
  /** For what a request waits for, and how long it does. */
  readonly reads: Connection
  readonly readTimeoutMs: number
  readonly writes: Connection
  readonly changesMax: number
  readonly candidateLifeMs: number
}

type Arguments = readonly (string | number | Buffer)[]

export function redisGeneration(options: RedisGenerationOptions): Generation {
  const { target, layout, reads, readTimeoutMs, writes, changesMax, candidateLifeMs } = options
  const firstOwn = layout.keys('').length + 1
  const life = target.candidate ? String(candidateLifeMs) : ''
  /** `keys` go, as those of their own in the generation, behind the KEYS of every script. */
  const call = (connection: Connection, script: Script, args: Arguments, keys: readonly string[] = []) =>
    target.call((name) => {
      const own = keys.map((key) => ownKey(layout.beginning(name), key))
      return run(connection, script, [...layout.keys(name), ...own], [name, ...args])
    })

  async function read(keys: readonly string[], urgency?: 'urgent'): Promise<Snapshot> {
    const { places, own } = locate(keys)
    const connection = urgency ? reads : writes
    const reading = call(connection, readScript, [target.candidate ? 1 : '', ...places.flat()], own)
    const reply = await (urgency ? within(readTimeoutMs, reading) : reading)
    const values = reply[2] as readonly (Buffer | null)[]
    const stored = values.map((value): Stored | undefined => (value ? decodeStored(value) : undefined))
    return { positions: positionsOf(reply[1]), values: stored }
  }

  function locate(keys: readonly string[]) {
    const own: string[] = []
    const places = keys.map((key) => {
      const [hash, field, expires] = place(key)
      return [hash, field, expires ? firstOwn + own.push(key) - 1 : ''] as const
    })
    return { places, own }
  }

  const positions = async () => (await read([])).positions

  async function apply(batch: Batch): Promise<Outcome> {
    checkBatch(batch)
    const { source, after, upTo, recordTime, writes: entries } = batch
    const { places, own } = locate(entries.map(({ key }) => key))
    const write = (entry: Entry, index: number) => {
      const form = [String(entry.version), encodeStored(entry), expiryOf(entry) ?? '', entry.key]
      return [...(places[index] ?? []), ...form]
    }
    const range = [life, source, String(after), String(upTo), recordTime.getTime(), changesMax]
    const [word] = await call(writes, applyScript, [...range, ...entries.flatMap(write)], own)
    if (word === 'applied' || word === 'duplicate' || word === 'gap') return word
    throw new ReadModelUnavailable(`Redis: ${word}`)
  }

  async function* fields(noun: Noun): AsyncIterable<readonly [string, Buffer]> {
    const before = await positions()
    const { name } = target
    yield* hashFields(writes, layout.hash(name, noun))
    if (expiringNouns.has(noun)) yield* ownEntries(writes, layout.beginning(name), noun)
    // The hash of a generation that was replaced, or of lost data, ends early without a word.
    if (!reaches(await positions(), before) || name !== target.name)
      throw new ReadModelUnavailable('Redis: the generation went away while it was read')
  }

  async function* scan(noun: Noun): AsyncIterable<Entry> {
    for await (const [id, stored] of fields(noun)) yield { key: `${noun}/${id}`, ...decodeStored(stored) }
  }

  async function digest(aliveAtMs = Date.now()): Promise<Digest> {
    const began = performance.now()
    for (let attempts = 0; attempts < digestAttempts && performance.now() - began < digestMs; attempts += 1) {
      const before = await positions()
      const entries = new Map<string, Buffer>()
      for (const noun of nouns) for await (const [id, stored] of fields(noun)) entries.set(`${noun}/${id}`, stored)
      const after = await positions()
      if (reaches(before, after)) return { positions: after, digest: digestEntries(entries, aliveAtMs) }
    }
    throw new DigestOutrun('Redis: the model changes faster than it can be read for a digest')
  }

  return { read, apply, positions, scan, digest }
}

/**
 * Gives up after so long. What has come by then and is not read yet still counts: it is this process that had no time, and
 * to refuse for that would cost it more.
 */
function within<Result>(ms: number, work: Promise<Result>): Promise<Result> {
  const { promise, resolve, reject } = Promise.withResolvers<Result>()
  const giveUp = () => reject(new ReadModelUnavailable(`Redis: no answer within ${ms} ms`))
  // Sockets are read between timers and this.
  const timer = setTimeout(() => setImmediate(giveUp), ms)
  work.then(resolve, reject).finally(() => clearTimeout(timer))
  return promise
}
