import type { RateLimit } from '@gatehouse/contracts/policy/v1/plan'
import { durationMicros } from '../compile/duration.ts'

/**
 * A limit as whole numbers. One request costs `cost` units, and `leak` units drain in each microsecond, so that
 * requests : period = leak : cost exactly, whatever the rate; `capacity` is burst × cost.
 */
export interface CompiledRateLimit {
  readonly name: string
  readonly requests: number
  readonly periodMicros: number
  readonly burst: number
  readonly cost: number
  readonly leak: number
  readonly capacity: number
}

const requestsMax = 1_000_000_000n
const periodMicrosMax = 366 * 86_400 * 1e6
/** Half of what a number holds exactly: a level and one more request's cost never round. */
const capacityMax = 2 ** 52

/** Compiles a limit; answers what is wrong with it as a string that starts with the field's name. */
export function compileRateLimit(limit: RateLimit): CompiledRateLimit | string {
  const periodMicros = durationMicros(limit.period)
  if (limit.requests < 1n || limit.requests > requestsMax) return `requests: must be between 1 and ${requestsMax}`
  if (periodMicros === undefined || periodMicros < 1000 || periodMicros > periodMicrosMax) {
    return 'period: must be between 1 ms and 366 days'
  }
  if (limit.burst < 0n || limit.burst > requestsMax) return `burst: must be between 0 and ${requestsMax}`
  const requests = Number(limit.requests)
  const burst = Number(limit.burst) || requests
  const divisor = greatestCommonDivisor(requests, periodMicros)
  const cost = periodMicros / divisor
  if (burst * cost > capacityMax) return 'requests: must be rounder to be counted exactly over so long a period'
  return { name: limit.name, requests, periodMicros, burst, cost, leak: requests / divisor, capacity: burst * cost }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}
