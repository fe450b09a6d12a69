import { setTimeout as sleep } from 'node:timers/promises'

export interface WaitOptions {
  /** What is waited for, as it shall read in the error: "the credential is revoked". */
  readonly what?: string
  /** Default 30,000: a machine may be slow, which is no failure. */
  readonly timeoutMs?: number
  /** Between two looks; default 10. */
  readonly intervalMs?: number
}

/**
 * Looks again and again until the condition gives something truthy, which it returns. An error that the condition
 * throws counts as "not yet".
 * @throws Error naming what was waited for, for how long, and the last error, when the time is up.
 */
export async function waitFor<Value>(
  condition: () => Value | Promise<Value>,
  options: WaitOptions = {},
): Promise<NonNullable<Value>> {
  const { what = condition.toString(), timeoutMs = 30_000, intervalMs = 10 } = options
  const deadline = performance.now() + timeoutMs
  let last: unknown
  do {
    try {
      const value = await condition()
      if (value) return value
      last = undefined
    } catch (error) {
      last = error
    }
    await sleep(intervalMs)
  } while (performance.now() < deadline)
  const because = last === undefined ? '' : `: ${last instanceof Error ? last.message || String(last) : String(last)}`
  throw new Error(`not after ${timeoutMs} ms: ${what}${because}`, { cause: last })
}
