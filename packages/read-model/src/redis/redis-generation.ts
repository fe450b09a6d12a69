import { reaches } from '@gatehouse/contracts/positions'
import { digestEntries } from '../digest.ts'
import { type Noun, nouns } from '../keys.ts'
import {
  type Batch,
  checkBatch,
  type Digest,
  type Entry,
  type Generation,
  type Outcome,
  ReadModelUnavailable,
  type Snapshot,
  type Stored,
} from '../read-model.ts'
import { decodeStored, encodeStored } from '../stored.ts'
import type { Connection } from './connections.ts'
import { hashFields, type Layout, place, positionsOf, type Reply, run } from './redis-store.ts'
import { applyScript, readScript, type Script } from './scripts.ts'

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
  /** For what a request waits for. */
  readonly reads: Connection
  readonly writes: Connection
  readonly changesMax: number
  readonly candidateLifeMs: number
}

const requestKeysMax = 16

export function redisGeneration(options: RedisGenerationOptions): Generation {
  const { target, layout, reads, writes, changesMax, candidateLifeMs } = options
  const life = target.candidate ? String(candidateLifeMs) : ''
  const call = (connection: Connection, script: Script, args: readonly (string | number | Buffer)[]) =>
    target.call((name) => run(connection, script, layout.keys(name), [name, ...args]))

  async function read(keys: readonly string[]): Promise<Snapshot> {
    // A projector reads many keys at once and has time.
    const connection = keys.length > requestKeysMax ? writes : reads
    const reply = await call(connection, readScript, [target.candidate ? 1 : '', ...keys.flatMap(place)])
    const values = reply[2] as readonly (Buffer | null)[]
    const stored = values.map((value): Stored | undefined => (value ? decodeStored(value) : undefined))
    return { positions: positionsOf(reply[1]), values: stored }
  }

  const positions = async () => (await read([])).positions

  async function apply(batch: Batch): Promise<Outcome> {
    checkBatch(batch)
    const { source, after, upTo, recordTime, writes: entries } = batch
    const write = (entry: Entry) => [...place(entry.key), String(entry.version), encodeStored(entry), entry.key]
    const range = [life, source, String(after), String(upTo), recordTime.getTime(), changesMax]
    const [word] = await call(writes, applyScript, [...range, ...entries.flatMap(write)])
    if (word === 'applied' || word === 'duplicate' || word === 'gap') return word
    throw new ReadModelUnavailable(`Redis: ${word}`)
  }

  async function* fields(noun: Noun): AsyncIterable<readonly [string, Buffer]> {
    const before = await positions()
    const { name } = target
    yield* hashFields(writes, layout.hash(name, noun))
    // The hash of a generation that was replaced, or of lost data, ends early without a word.
    if (!reaches(await positions(), before) || name !== target.name)
      throw new ReadModelUnavailable('Redis: the generation went away while it was read')
  }

  async function* scan(noun: Noun): AsyncIterable<Entry> {
    for await (const [id, stored] of fields(noun)) yield { key: `${noun}/${id}`, ...decodeStored(stored) }
  }

  async function digest(): Promise<Digest> {
    for (let attempts = 0; attempts < 20; attempts += 1) {
      const before = await positions()
      const entries = new Map<string, Buffer>()
      for (const noun of nouns) for await (const [id, stored] of fields(noun)) entries.set(`${noun}/${id}`, stored)
      const after = await positions()
      if (reaches(before, after)) return { positions: after, digest: digestEntries(entries) }
    }
    throw new ReadModelUnavailable('Redis: the model changes faster than it can be read for a digest')
  }

  return { read, apply, positions, scan, digest }
}
