import type { CompiledRateLimit, GcraAnswer } from '@gatehouse/policy-engine'

/** One limit as it applies to a request: the counter's key names the limit and whom it counts. */
export interface CountedLimit {
  readonly key: string
  readonly limit: CompiledRateLimit
}

/** The limits of a request after it was counted: the one that denies, or else the one with the least remaining. */
export interface Consumption {
  readonly allowed: boolean
  readonly limit: CompiledRateLimit
  readonly answer: GcraAnswer
}

/** Counts requests against rate limits. One that any of its limits denies costs none of them. */
export interface Counters {
  /** @param limits not empty. Rejects with CountersUnavailable when the counters cannot be reached. */
  consume(limits: readonly CountedLimit[]): Consumption | Promise<Consumption>
  close(): Promise<void>
}

export class CountersUnavailable extends Error {
  override readonly name = 'CountersUnavailable'
}

/** Picks what the client is told of several limits. */
export function tightest(limits: readonly CountedLimit[], answers: readonly GcraAnswer[]): Consumption {
  let chosen = 0
  for (let index = 1; index < answers.length; index++) {
    const [a, b] = [answers[chosen], answers[index]]
    if (a && b && tighter(b, a)) chosen = index
  }
  const [counted, answer] = [limits[chosen], answers[chosen]]
  if (!counted || !answer) throw new RangeError('limits: must not be empty')
  return { allowed: answer.allowed, limit: counted.limit, answer }
}

function tighter(a: GcraAnswer, b: GcraAnswer): boolean {
  if (a.allowed !== b.allowed) return !a.allowed
  return a.allowed ? a.remaining < b.remaining : a.retryAfterMs > b.retryAfterMs
}
