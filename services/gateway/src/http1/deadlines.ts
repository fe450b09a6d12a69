/** Something that must not wait for ever. */
export interface Waiting {
  /** Monotonic milliseconds (`performance.now()`); 0 while nothing is waited for. */
  deadline: number
  expire(): void
}

const TICK_MS = 100

/**
 * One timer for all connections: a time-out is a stored number, and 10,000 of them are looked at in 0.1 ms.
 * A deadline passes at most one tick late.
 */
class Deadlines {
  readonly #waiting = new Set<Waiting>()
  #timer: NodeJS.Timeout | undefined

  add(waiting: Waiting): void {
    this.#waiting.add(waiting)
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS).unref()
  }

  delete(waiting: Waiting): void {
    this.#waiting.delete(waiting)
    if (this.#waiting.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #tick(): void {
    const now = performance.now()
    for (const waiting of this.#waiting) {
      if (waiting.deadline === 0 || waiting.deadline > now) continue
      waiting.deadline = 0
      waiting.expire()
    }
  }
}

/** Of this process. */
export const deadlines = new Deadlines()
