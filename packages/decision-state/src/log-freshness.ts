import type { EventSource } from '@gatehouse/contracts/events'

/** Five minutes of probes: behind further than that, the oldest are enough. */
const demandsMax = 600

/** What the probes of one log have shown. */
export class LogFreshness {
  readonly source: EventSource
  freshAt = Number.NEGATIVE_INFINITY
  /** Whether `freshAt` is of a probe of this process. */
  proven = false
  asking = false
  /** The highest head that the log ever answered. */
  highest = 0n
  reached = 0n
  #furthest = 0n
  #position = 0n
  #contradicted = false
  // All of them: under a steady lag each newer head is out of reach when it is asked for, older ones are not.
  readonly #demands: { readonly askedAt: number; readonly head: bigint }[] = []

  constructor(source: EventSource) {
    this.source = source
  }

  demand(askedAt: number, head: bigint): void {
    this.highest = head
    if (this.#demands.length < demandsMax) this.#demands.push({ askedAt, head })
  }

  /** Whether a mark may stand in: not where something is known already, was seen beyond, or where the log says otherwise. */
  get mayAssume(): boolean {
    return this.freshAt === Number.NEGATIVE_INFINITY && !this.#contradicted && this.#position >= this.#furthest
  }

  assume(freshAt: number, reached: bigint): void {
    this.freshAt = freshAt
    this.reached = reached
  }

  /** The log answered that it is not the one that is followed. */
  contradict(): void {
    this.#contradicted = true
    if (!this.proven) this.#forget()
  }

  /** Answers whether a demand was satisfied. */
  follow(position: bigint): boolean {
    this.#position = position
    if (position > this.#furthest) this.#furthest = position
    if (position < this.reached) this.#forget()
    let satisfied = false
    for (let [next] = this.#demands; next && position >= next.head; [next] = this.#demands) {
      this.freshAt = next.askedAt
      this.reached = next.head
      this.proven = true
      satisfied = true
      this.#demands.shift()
    }
    return satisfied
  }

  #forget(): void {
    this.freshAt = Number.NEGATIVE_INFINITY
    this.reached = 0n
    this.proven = false
  }
}
