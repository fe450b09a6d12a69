import { setTimeout as sleep } from 'node:timers/promises'

const firstPauseMs = 50
const pauseMsMax = 2_000

/** Pauses between attempts: twice as long each time up to 2 s, with jitter so that instances do not retry as one. */
export class Backoff {
  #attempts = 0

  /** Waits before the next attempt; returns at once when the signal is aborted. */
  async pause(signal: AbortSignal): Promise<void> {
    const full = Math.min(pauseMsMax, firstPauseMs * 2 ** this.#attempts++)
    await pause(full / 2 + Math.random() * (full / 2), signal)
  }

  /** An attempt went well. */
  reset(): void {
    this.#attempts = 0
  }
}

/** Waits; returns early when the signal is aborted. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {})
}

/** A promise that took longer than it was given. What it stands for may still happen. */
export class DeadlineExceeded extends Error {
  override readonly name = 'DeadlineExceeded'
}

/**
 * What the work answers, if it does within the time.
 * @throws DeadlineExceeded
 */
export async function within<Value>(ms: number, what: string, work: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DeadlineExceeded(`${what} took longer than ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([work, deadline])
  } finally {
    clearTimeout(timer)
  }
}
