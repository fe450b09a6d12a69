import { setTimeout as sleep } from 'node:timers/promises'
import { GatehouseError } from '@gatehouse/errors'

const attemptsMax = 4
const firstDelayMs = 50

/** Whether a call may be sent twice: reads, and writes whose `request_id` makes the second one a replay. */
export function repeatable(methodName: string, request: unknown): boolean {
  if (/^(get|list)[A-Z]/.test(methodName)) return true
  return typeof request === 'object' && request !== null && 'requestId' in request && Boolean(request.requestId)
}

/** Tries again on UNAVAILABLE alone, at growing random intervals, as long as the deadline leaves time for it. */
export async function retrying<Result>(
  deadline: number,
  signal: AbortSignal | undefined,
  attempt: () => Promise<Result>,
): Promise<Result> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await attempt()
    } catch (error) {
      const delayMs = firstDelayMs * 2 ** (attempts - 1) * (1 + Math.random())
      const final = attempts === attemptsMax || Date.now() + delayMs >= deadline || signal?.aborted
      if (final || !(error instanceof GatehouseError) || error.status !== 'UNAVAILABLE') throw error
      await sleep(delayMs)
    }
  }
}
