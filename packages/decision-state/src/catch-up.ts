import { setTimeout as delay } from 'node:timers/promises'

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
 * the log does not answer or too many wait. However many ask, the log is asked once at a time and 20 ms apart.
 */
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
