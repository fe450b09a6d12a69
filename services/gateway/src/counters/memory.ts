import { type GcraAnswer, type GcraState, gcra } from '@gatehouse/policy-engine'
import { type Consumption, type CountedLimit, type Counters, tightest } from './counters.ts'

export interface MemoryCountersOptions {
  /** Microseconds of a clock that does not jump. */
  readonly nowMicros?: () => number
  /** Counters kept at most; beyond, the one that was used least recently starts anew. */
  readonly countersMax?: number
}

/** Counters of one process. */
export function createMemoryCounters(options: MemoryCountersOptions = {}): Counters {
  const { nowMicros = () => Math.floor(performance.now() * 1000), countersMax = 1_000_000 } = options
  const states = new Map<string, GcraState>()

  function keep(key: string, answer: GcraAnswer | undefined): void {
    if (!answer) return
    states.delete(key)
    states.set(key, answer.state)
    if (states.size <= countersMax) return
    const oldest = states.keys().next().value
    if (oldest !== undefined) states.delete(oldest)
  }

  return {
    consume(limits: readonly CountedLimit[]): Consumption {
      const now = nowMicros()
      const answers: GcraAnswer[] = limits.map(({ key, limit }) => gcra(limit, states.get(key), now))
      if (answers.every(isAllowed))
        for (let index = 0; index < limits.length; index++) keep(limits[index]?.key ?? '', answers[index])
      return tightest(limits, answers)
    },
    close: () => Promise.resolve(),
  }
}

function isAllowed({ allowed }: GcraAnswer): boolean {
  return allowed
}
