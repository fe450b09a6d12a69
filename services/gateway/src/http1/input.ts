/** What a socket has delivered and nobody has read yet. */
export class Input {
  /** `undefined` when all is read. */
  bytes: Buffer | undefined
  /** Index of the first unread byte. */
  at = 0

  get length(): number {
    return this.bytes === undefined ? 0 : this.bytes.length - this.at
  }

  append(chunk: Buffer): void {
    this.bytes = this.bytes === undefined ? chunk : Buffer.concat([this.bytes.subarray(this.at), chunk])
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
