import { setTimeout as delay } from 'node:timers/promises'
import { type Positions, reaches } from '@gatehouse/contracts/positions'
import type { Logger } from '@gatehouse/grpc-service'

export interface Freshness {
  /** How old the state is at most, in ms; Infinity until it was once seen to be whole. */
  stalenessMs(): number
  close(): Promise<void>
}

export interface FreshnessOptions {
  /** Asks the logs for their heads; rejects when one does not answer. */
  readonly heads: () => Promise<Positions>
  readonly applied: () => Positions
  readonly logger: Logger
  readonly everyMs?: number
}

/**
 * Bounds the age of the state without clocks: the heads are asked for after a moment was noted, so once they are
 * applied the state is as fresh as that moment.
 */
export function watchFreshness({ heads, applied, logger, everyMs = 500 }: FreshnessOptions): Freshness {
  const stop = new AbortController()
  let asked: { readonly atMs: number; readonly heads: Positions } | undefined
  let freshAtMs = Number.NEGATIVE_INFINITY

  const settle = () => {
    if (!asked || !reaches(applied(), asked.heads)) return
    freshAtMs = asked.atMs
    asked = undefined
  }
  const run = async () => {
    while (!stop.signal.aborted) {
      const atMs = performance.now()
      try {
        const answer = await heads()
        settle()
        // An unanswered question is kept: a newer one would always be just out of reach of a steady lag.
        asked ??= { atMs, heads: answer }
        settle()
      } catch (error) {
        logger.warn({ err: error }, 'the heads of the logs cannot be asked for')
      }
      await delay(everyMs, undefined, { signal: stop.signal }).catch(() => undefined)
    }
  }
  const running = run()
  return {
    stalenessMs() {
      settle()
      return performance.now() - freshAtMs
    },
    async close() {
      stop.abort()
      await running
    },
  }
}
