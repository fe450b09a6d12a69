const GRANULARITY_MS = 100

/** How many records wait for their acknowledgement, and since when. */
export class Backlog {
  #records = 0
  readonly #marks: { count: number; readonly atMs: number }[] = []

  get records(): number {
    return this.#records
  }

  add(count: number, atMs: number): void {
    if (count === 0) return
    this.#records += count
    const last = this.#marks.at(-1)
    if (last && atMs - last.atMs < GRANULARITY_MS) last.count += count
    else this.#marks.push({ count, atMs })
  }

  remove(count: number): void {
    this.#records -= count
    let left = count
    while (left > 0) {
      const first = this.#marks[0]
      if (!first) return
      const taken = Math.min(left, first.count)
      first.count -= taken
      left -= taken
      if (first.count === 0) this.#marks.shift()
    }
  }

  /** Age of the oldest record that is not acknowledged, to 0.1 s; 0 when there is none. */
  oldestSeconds(nowMs: number): number {
    const first = this.#marks[0]
    return first ? Math.max(0, (nowMs - first.atMs) / 1000) : 0
  }
}
