import { setTimeout as pause } from 'node:timers/promises'
import { type EventSource, eventSources } from '@gatehouse/contracts/events'
import type { Positions } from '@gatehouse/contracts/positions'
import type { Change, Following } from '../read-model.ts'
import type { Connection } from './connections.ts'

/** Where the stream of changes ends and what it led to, read at one moment. */
export interface Tail {
  readonly positions: Positions
  readonly generation: string
  /** Id of the last change, `<ms>-<n>`. */
  readonly last: string
}

export interface FollowerOptions {
  /** The blocking reads have a connection of their own. */
  connect(): Connection
  /** Key of the stream. */
  readonly changes: string
  tail(): Promise<Tail>
  readonly listener: (change: Change) => void
}

const blockMs = 500
const retryMs = 50

/**
 * Follows the stream of changes. Each change says which positions it leads from and to: when it does not begin where
 * we stand (trimmed, flushed, an older replica took over), or the stream is silent while the positions are others than
 * ours, everything is dropped and we start from where the store is now. A lost connection alone drops nothing.
 */
export function follow({ connect, changes, tail, listener }: FollowerOptions): Following {
  const connection = connect()
  let at: Tail | undefined
  let closed = false

  async function restart(): Promise<void> {
    const now = await tail()
    at = now
    listener({ type: 'reset', positions: now.positions })
  }

  /** Whether silence is right: nothing is known to the store that we have not heard of. */
  async function check(): Promise<void> {
    const now = await tail()
    if (!at || older(now.last, at.last)) return restart()
    if (now.last === at.last && (!same(now.positions, at.positions) || now.generation !== at.generation))
      await restart()
  }

  async function step(): Promise<void> {
    if (!at) return restart()
    const read = await connection.xread('COUNT', 100, 'BLOCK', blockMs, 'STREAMS', changes, at.last)
    const entries = read?.[0]?.[1]
    if (!entries || entries.length === 0) return check()
    for (const [id, fields] of entries) {
      const change = parse(fields)
      if (!change || change.after !== (at.positions[change.source] ?? 0n)) return restart()
      const { source, upTo, keys, recordTime } = change
      at = { ...at, last: id, positions: { ...at.positions, [source]: upTo } }
      listener({ type: 'applied', source, upTo, keys, recordTime })
    }
  }

  async function loop(): Promise<void> {
    let broken = false
    while (!closed) {
      try {
        // What happened while there was no connection need not be in the stream.
        if (broken && at) await check()
        broken = false
        await step()
      } catch {
        broken = true
        if (connection.status === 'ready' && !closed) connection.disconnect(true)
        await pause(retryMs)
      }
    }
  }

  const looping = loop()
  return {
    async close() {
      closed = true
      connection.disconnect()
      await looping
    },
  }
}

interface AppliedChange {
  readonly source: EventSource
  readonly after: bigint
  readonly upTo: bigint
  readonly keys: readonly string[]
  readonly recordTime: Date
}

/** Undefined for what is no applied batch: a promoted generation. */
function parse(fields: readonly string[]): AppliedChange | undefined {
  const [, source, , after, , upTo, , recordTime, , keys] = fields
  const known = eventSources.find((name) => name === source)
  if (!known || after === undefined || upTo === undefined || keys === undefined) return undefined
  const changed = keys === '' ? [] : keys.split('\n')
  return {
    source: known,
    after: BigInt(after),
    upTo: BigInt(upTo),
    keys: changed,
    recordTime: new Date(Number(recordTime)),
  }
}

function same(a: Positions, b: Positions): boolean {
  return eventSources.every((source) => (a[source] ?? 0n) === (b[source] ?? 0n))
}

function older(a: string, b: string): boolean {
  const [aMs = '', aN = ''] = a.split('-')
  const [bMs = '', bN = ''] = b.split('-')
  return aMs === bMs ? BigInt(aN) < BigInt(bN) : BigInt(aMs) < BigInt(bMs)
}
