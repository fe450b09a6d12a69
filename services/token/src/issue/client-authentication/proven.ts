const keptMax = 4096

/**
 * What follows from the text of a credential alone, of those that were right: spares the next request with the same one
 * its parsing and its SHA-256. Whether it is in force is asked at every use, so there is nothing to forget when it is
 * revoked; and nobody can fill this with guesses.
 */
export class Proven<Value> {
  readonly #kept = new Map<string, Value>()

  get(text: string): Value | undefined {
    return this.#kept.get(text)
  }

  keep(text: string, value: Value): void {
    if (this.#kept.has(text)) return
    if (this.#kept.size === keptMax) this.#kept.clear()
    // A copy: what was cut from a request would keep all of it.
    this.#kept.set(Buffer.from(text, 'utf8').toString('utf8'), value)
  }
}
