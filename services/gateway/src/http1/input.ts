import { freeMemory } from './free-memory.ts'

/** What a socket has delivered and nobody has read yet. */
export class Input {
  /** `undefined` when all is read. */
  bytes: Buffer | undefined
  /** Index of the first unread byte. */
  at = 0

  get length(): number {
    return this.bytes === undefined ? 0 : this.bytes.length - this.at
  }

  /** @param chunk nobody else's from now on */
  append(chunk: Buffer): void {
    const before = this.bytes
    if (before === undefined) {
      this.bytes = chunk
    } else {
      this.bytes = Buffer.concat([before.subarray(this.at), chunk])
      freeMemory(before)
      freeMemory(chunk)
    }
    this.at = 0
  }

  /** Everything before index `at` is read. */
  advance(at: number): void {
    if (this.bytes !== undefined && at < this.bytes.length) this.at = at
    else this.clear()
  }

  clear(): void {
    this.bytes = undefined
    this.at = 0
  }
}
