interface Kept<Value> {
  readonly value: Value
  readonly bytes: number
}

/**
 * Values by text, bounded in bytes. Two generations: what was not asked for while a whole generation came in is dropped
 * at once, so that no request pays for clearing up.
 */
export class TokenMemory<Value> {
  readonly #generationBytesMax: number
  #young = new Map<string, Kept<Value>>()
  #old = new Map<string, Kept<Value>>()
  #youngBytes = 0
  #oldBytes = 0

  constructor(bytesMax: number) {
    this.#generationBytesMax = Math.floor(bytesMax / 2)
  }

  get bytes(): number {
    return this.#youngBytes + this.#oldBytes
  }

  get(text: string): Value | undefined {
    const young = this.#young.get(text)
    if (young) return young.value
    const old = this.#old.get(text)
    if (!old) return undefined
    this.#old.delete(text)
    this.#oldBytes -= old.bytes
    this.#keep(text, old)
    return old.value
  }

  /** @param valueBytes what the value itself takes; larger than half of everything, and it is not kept */
  set(text: string, value: Value, valueBytes: number): void {
    if (this.#young.has(text) || this.#old.has(text)) this.delete(text)
    const bytes = valueBytes + text.length + slotBytes
    // A header's value is a cut of the whole head, which the map would hold on to.
    if (bytes <= this.#generationBytesMax) this.#keep(Buffer.from(text, 'latin1').toString('latin1'), { value, bytes })
  }

  delete(text: string): void {
    this.#youngBytes -= this.#young.get(text)?.bytes ?? 0
    this.#oldBytes -= this.#old.get(text)?.bytes ?? 0
    this.#young.delete(text)
    this.#old.delete(text)
  }

  #keep(text: string, kept: Kept<Value>): void {
    if (this.#youngBytes + kept.bytes > this.#generationBytesMax) {
      this.#old = this.#young
      this.#oldBytes = this.#youngBytes
      this.#young = new Map()
      this.#youngBytes = 0
    }
    this.#young.set(text, kept)
    this.#youngBytes += kept.bytes
  }
}

/** The map's slot and the texts' own headers. */
const slotBytes = 120
