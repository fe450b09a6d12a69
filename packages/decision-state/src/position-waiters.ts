import { type Positions, reaches } from '@gatehouse/contracts/positions'

const waitersMax = 1_000

/** Requests that demand positions which are not followed yet. */
export class PositionWaiters {
  readonly #positions: () => Positions | undefined
  readonly #waiters = new Set<() => void>()

  constructor(positions: () => Positions | undefined) {
    this.#positions = positions
  }

  /** To be called whenever the positions may have moved. */
  look(): void {
    for (const look of this.#waiters) look()
  }

  /** Whether they are followed within the time; at once when they are, or when too many wait already. */
  waitFor(demanded: Positions, timeoutMs: number): Promise<boolean> {
    const isThere = () => reaches(this.#positions() ?? {}, demanded)
    if (isThere()) return Promise.resolve(true)
    if (this.#waiters.size >= waitersMax) return Promise.resolve(false)
    return new Promise((resolve) => {
      const end = (reached: boolean) => {
        clearTimeout(timeout)
        this.#waiters.delete(look)
        resolve(reached)
      }
      const look = () => isThere() && end(true)
      const timeout = setTimeout(end, timeoutMs, false)
      this.#waiters.add(look)
    })
  }
}
