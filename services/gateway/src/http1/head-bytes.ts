const FIRST_BYTES = 1024

/** The part of a head that came in earlier reads, kept in one piece. */
export class HeadBytes {
  length = 0
  #bytes: Buffer | undefined

  append(bytes: Buffer, start: number, end: number): void {
    const needed = this.length + end - start
    if (this.#bytes === undefined || this.#bytes.length < needed) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, FIRST_BYTES, this.length * 2))
      this.#bytes?.copy(grown, 0, 0, this.length)
      this.#bytes = grown
    }
    bytes.copy(this.#bytes, this.length, start, end)
    this.length = needed
  }

  /** The whole head as latin1, its last part being `bytes[start, end)`. Begins anew. */
  text(bytes: Buffer, start: number, end: number): string {
    const rest = bytes.toString('latin1', start, end)
    if (this.#bytes === undefined) return rest
    const text = this.#bytes.toString('latin1', 0, this.length) + rest
    this.#bytes = undefined
    this.length = 0
    return text
  }
}
