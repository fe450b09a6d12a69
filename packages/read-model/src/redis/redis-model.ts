import { randomBytes } from 'node:crypto'
import { type Candidate, type Following, type ReadModel, ReadModelUnavailable, type WholeMark } from '../read-model.ts'
import { connectRedis, type RedisAddress, silenceMsMax } from './connections.ts'
import { follow, type Tail } from './follower.ts'
import { redisGeneration, type Target } from './redis-generation.ts'
import { layoutOf, positionsOf, positionTexts, run } from './redis-store.ts'
import { discardScript, markWholeScript, promoteScript, tailScript, wholeMarkScript } from './scripts.ts'

export interface RedisModelOptions {
  readonly address: RedisAddress
  /** First part of every key, and the hash tag; default `gatehouse`. */
  readonly prefix?: string
  /** A read of a request gives up after so long; default 50. */
  readonly readTimeoutMs?: number
  /** Everything else; default 2,000. */
  readonly writeTimeoutMs?: number
  /** Changes kept for followers that are behind; default 10,000. One that is further behind drops everything. */
  readonly changesMax?: number
  /** A candidate that nobody writes to goes away after so long; default 10 minutes. */
  readonly candidateLifeMs?: number
  /** Trouble with a connection, which is tried again; for the log. */
  readonly onError?: (error: Error) => void
}

/** The read model in Redis 7 or a Redis Cluster. Opens at once; while Redis is away every call is refused. */
export function openRedisModel(options: RedisModelOptions): ReadModel {
  const { address, prefix = 'gatehouse', readTimeoutMs = 50, writeTimeoutMs = 2_000 } = options
  const { changesMax = 10_000, candidateLifeMs = 600_000, onError = () => {} } = options
  // Apart, so that no request waits behind a scan.
  const reads = connectRedis(address, onError, writeTimeoutMs)
  const writes = connectRedis(address, onError, writeTimeoutMs)
  const layout = layoutOf(prefix)
  const store = { layout, reads, readTimeoutMs, writes, changesMax, candidateLifeMs }
  const serving = servingTarget()
  const followings = new Set<Following>()

  async function begin(): Promise<Candidate> {
    // Short: it stands in every key that expires.
    const name = randomBytes(6).toString('base64url')
    return {
      name,
      ...redisGeneration({ ...store, target: { name, candidate: true, call: (work) => work(name) } }),
      async promote() {
        const promoting = (old: string) =>
          run(writes, promoteScript, [...layout.keys(name), ...layout.data(old)], [old, name])
        const [word] = await serving.call(promoting)
        if (word === 'promoted' || word === 'behind') return word
        throw new ReadModelUnavailable(`Redis: ${word}`)
      },
      async discard() {
        await run(writes, discardScript, layout.keys(name), [])
      },
    }
  }

  async function tail(): Promise<Tail> {
    const reply = await serving.call((name) => run(writes, tailScript, layout.keys(name), [name]))
    return { positions: positionsOf(reply[1]), generation: serving.name, last: String(reply[2]) }
  }

  async function markWhole({ positions, ageMs }: WholeMark): Promise<void> {
    const mark = [Math.ceil(ageMs), ...positionTexts(positions)]
    await serving.call((name) => run(writes, markWholeScript, layout.keys(name), [name, ...mark]))
  }

  async function wholeMark(): Promise<WholeMark | undefined> {
    const reply = await serving.call((name) => run(writes, wholeMarkScript, layout.keys(name), [name]))
    if (reply[0] !== 'ok') return undefined
    return { positions: positionsOf(reply[1]), ageMs: Number(String(reply[2])) }
  }

  return {
    ...redisGeneration({ ...store, target: serving }),
    ...{ begin, markWhole, wholeMark },
    follow(listener) {
      const connect = () => connectRedis(address, onError, silenceMsMax)
      const following = follow({ connect, changes: layout.changes, tail, listener })
      followings.add(following)
      return following
    },
    async close() {
      await Promise.all([...followings].map((following) => following.close()))
      reads.disconnect()
      writes.disconnect()
    },
  }
}

function servingTarget(): Target {
  let name = '1'
  return {
    candidate: false,
    get name() {
      return name
    },
    async call(work) {
      for (let attempts = 0; attempts < 5; attempts += 1) {
        const reply = await work(name)
        if (reply[0] !== 'moved') return reply
        name = String(reply[1])
      }
      throw new ReadModelUnavailable('Redis: the serving generation keeps changing')
    },
  }
}
