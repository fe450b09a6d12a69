interface Slot<Value> {
  readonly value: Value
  readonly bytes: number
  used: boolean
}

/** A map with a budget in bytes: the second-chance (CLOCK) rule throws out what was not asked for lately. */
export class BoundedMap<Value> {
  readonly #slots = new Map<string, Slot<Value>>()
  readonly #bytesMax: number
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get bytes(): number {
    return this.#bytes
  }

  get size(): number {
    return this.#slots.size
  }

  get(key: string): Value | undefined {
    const slot = this.#slots.get(key)
    if (slot === undefined) return undefined
    slot.used = true
    return slot.value
  }

  /** What is larger than the whole budget is not kept. */
  set(key: string, value: Value, bytes: number): void {
    this.delete(key)
    if (bytes > this.#bytesMax) return
    this.#slots.set(key, { value, bytes, used: false })
    this.#bytes += bytes
    this.#shrink()
  }

  delete(key: string): void {
    const slot = this.#slots.get(key)
    if (slot === undefined) return
    this.#slots.delete(key)
    this.#bytes -= slot.bytes
  }

  clear(): void {
    this.#slots.clear()
    this.#bytes = 0
  }

  #shrink(): void {
    // A Map iterates in the order of insertion and visits what is put at its end again: it is the clock's ring.
    for (const [key, slot] of this.#slots) {
      if (this.#bytes <= this.#bytesMax) return
      this.#slots.delete(key)
      if (slot.used) {
        slot.used = false
        this.#slots.set(key, slot)
      } else this.#bytes -= slot.bytes
    }
  }
}
