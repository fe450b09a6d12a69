import type { Http1Limits } from './limits.ts'

/**
 * Until when a body may keep its reader waiting. A client that sends a byte now and then never idles, and would hold
 * a connection to the upstream for ever: so its body must also keep a pace, pauses of ours not counted.
 */
export class Pace {
  readonly #limits: Http1Limits
  #begunMs = 0
  #pausedMs = 0
  #boundMs = Number.POSITIVE_INFINITY

  constructor(limits: Http1Limits) {
    this.#limits = limits
  }

  /** @param boundMs for the whole body, whatever its pace */
  begin(boundMs = Number.POSITIVE_INFINITY): void {
    this.#begunMs = performance.now()
    this.#pausedMs = 0
    this.#boundMs = boundMs
  }

  pause(): void {
    this.#pausedMs ||= performance.now()
  }

  resume(): void {
    if (this.#pausedMs !== 0) this.#begunMs += performance.now() - this.#pausedMs
    this.#pausedMs = 0
  }

  /** @param bytes of the body that have come */
  deadline(bytes: number): number {
    const { bodyIdleMs, bodyBytesPerSecondMin } = this.#limits
    const earnedMs = (bytes / bodyBytesPerSecondMin) * 1000
    const wholeMs = Math.min(bodyIdleMs + earnedMs, this.#boundMs)
    return Math.min(performance.now() + bodyIdleMs, this.#begunMs + wholeMs)
  }
}
