import { Cluster } from 'ioredis'
import type { Noun } from '../keys.ts'
import type { Connection } from './connections.ts'
import { idOfOwnKey, ownPattern } from './own-key.ts'
import { unavailable } from './redis-store.ts'

const pageSize = 1_000

/** Every field of a hash at least once, while it may change. */
export async function* hashFields(connection: Connection, hash: string): AsyncIterable<readonly [string, Buffer]> {
  for await (const found of pages((cursor) => connection.hscanBuffer(hash, cursor, 'COUNT', pageSize)))
    for (let i = 0; i + 1 < found.length; i += 2) {
      const [field, stored] = [found[i], found[i + 1]]
      if (field && stored) yield [field.toString('latin1'), stored]
    }
}

/** Every entry of a noun that expires at least once, by its id, while they may change. */
export async function* ownEntries(
  connection: Connection,
  beginning: string,
  noun: Noun,
): AsyncIterable<readonly [string, Buffer]> {
  const pattern = ownPattern(beginning, noun)
  for (const node of nodesOf(connection))
    for await (const keys of pages((cursor) => node.scanBuffer(cursor, 'MATCH', pattern, 'COUNT', pageSize))) {
      if (keys.length === 0) continue
      const values = await connection.mgetBuffer([...keys]).catch((cause) => Promise.reject(unavailable(cause)))
      for (const [index, key] of keys.entries()) {
        const stored = values[index]
        if (stored) yield [idOfOwnKey(beginning, key), stored]
      }
    }
}

/** In a cluster one of them has the keys, and which it is may change. */
function nodesOf(connection: Connection) {
  return connection instanceof Cluster ? connection.nodes('master') : [connection]
}

async function* pages(ask: (cursor: string) => Promise<[Buffer, Buffer[]]>): AsyncIterable<readonly Buffer[]> {
  let cursor = '0'
  do {
    const [next, found] = await ask(cursor).catch((cause) => Promise.reject(unavailable(cause)))
    yield found
    cursor = next.toString('latin1')
  } while (cursor !== '0')
}
