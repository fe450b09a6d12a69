import type { CompiledRateLimit } from './rate-limit.ts'

/** What is kept of a limit's use: a level in the limit's units, as it stood at a time in microseconds. */
export interface GcraState {
  readonly level: number
  readonly atMicros: number
}

export interface GcraAnswer {
  /** To be kept when the request is let through by all of its limits; a denied request costs nothing. */
  readonly state: GcraState
  readonly allowed: boolean
  /** Requests that would be let through right now, after this one. */
  readonly remaining: number
  /** Until the whole burst is there again. */
  readonly resetMs: number
  /** Until the next request is let through; 0 when it would be now. */
  readonly retryAfterMs: number
}

/**
 * The generic cell rate algorithm (ITU-T I.371, continuous-state leaky bucket) in whole numbers.
 * `nowMicros` is whole and comes from the clock that all users of the state share; a clock that steps back drains nothing.
 */
export function gcra(limit: CompiledRateLimit, state: GcraState | undefined, nowMicros: number): GcraAnswer {
  const drained = state ? drain(limit, state, nowMicros) : 0
  const allowed = drained + limit.cost <= limit.capacity
  const level = allowed ? drained + limit.cost : drained
  return {
    state: { level, atMicros: state && state.atMicros > nowMicros ? state.atMicros : nowMicros },
    allowed,
    remaining: Math.floor((limit.capacity - level) / limit.cost),
    resetMs: drainMs(limit, level),
    retryAfterMs: drainMs(limit, level + limit.cost - limit.capacity),
  }
}

function drain(limit: CompiledRateLimit, { level, atMicros }: GcraState, nowMicros: number): number {
  const elapsed = Math.max(0, nowMicros - atMicros)
  // Compared before it is multiplied: the product of a long time could not be held exactly.
  return elapsed >= level / limit.leak ? 0 : level - elapsed * limit.leak
}

function drainMs(limit: CompiledRateLimit, units: number): number {
  return units <= 0 ? 0 : Math.ceil(Math.ceil(units / limit.leak) / 1000)
}
