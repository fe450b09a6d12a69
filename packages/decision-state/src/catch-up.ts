import { setTimeout as delay } from 'node:timers/promises'
import type { EventSource } from '@gatehouse/contracts/events'
import type { Freshness, FreshnessOptions } from './freshness.ts'

export interface CatchUpOptions {
  /** Where the log ends, asked of its service, within the deadline. */
  readonly head: (deadlineMs: number) => Promise<bigint>
  /** Whether this process follows the position within the time. */
  readonly reach: (position: bigint, timeoutMs: number) => Promise<boolean>
}

const patienceMs = 1_000
const apartMs = 20
const waitingMax = 1_000

/**
 * Answers once this process follows a log to where it ended when that was asked; false where that takes over a second,
 * the log does not answer or too many wait. However many ask, a log is asked once at a time and 20 ms apart.
 */
export function createCatchUps(
  heads: FreshnessOptions['heads'],
  waitFor: Freshness['waitFor'],
): (source: EventSource) => Promise<boolean> {
  const of = (source: EventSource) =>
    createCatchUp({ head: heads[source], reach: (end, timeoutMs) => waitFor({ [source]: end }, timeoutMs) })
  const catchUps = { credential: of('credential'), policy: of('policy'), token: of('token') }
  return (source) => catchUps[source]()
}

/** The same for one log. */
export function createCatchUp({ head, reach }: CatchUpOptions): () => Promise<boolean> {
  let waiting = 0
  let rested: Promise<void> = Promise.resolve()
  /** The question that is still to be asked: an answer to an earlier one may be from before what is looked for. */
  let next: Promise<bigint> | undefined

  async function ask(): Promise<bigint> {
    await rested
    next = undefined
    const asked = head(patienceMs)
    rested = asked.then(rest, rest)
    return asked
  }

  return async () => {
    if (waiting >= waitingMax) return false
    waiting += 1
    try {
      next ??= ask()
      return await reach(await next, patienceMs)
    } catch {
      return false
    } finally {
      waiting -= 1
    }
  }
}

const rest = () => delay(apartMs, undefined, { ref: false })
