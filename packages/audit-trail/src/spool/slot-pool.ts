import { createSlot, deleteSlot, type Slot } from './slot.ts'

/** One to roll over to, and the last one, which only refusals may use. */
const SPARES_WANTED = 2
const SPARES_KEPT = 4
const RETRY_MS = 500

interface PoolOptions {
  readonly directory: string
  readonly slotBytes: number
  readonly slotsMax: number
  /** Names new files; unique in the directory. */
  readonly name: () => string
  readonly onFault: (error: Error) => void
}

/** The free files of the spool: created ahead of need, within the quota, and used again after they are trimmed. */
export class SlotPool {
  readonly #options: PoolOptions
  readonly #spares: Slot[] = []
  #total = 0
  #preparing: Promise<void> | undefined
  #retry: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: PoolOptions) {
    this.#options = options
  }

  get spares(): number {
    return this.#spares.length
  }

  /** Counts a file that is in use already. */
  adopt(): void {
    this.#total++
  }

  take(): Slot | undefined {
    const slot = this.#spares.shift()
    void this.prepare()
    return slot
  }

  /** Takes a file back; one of another size, or one too many, is deleted. */
  give(slot: Slot): void {
    if (slot.bytes === this.#options.slotBytes && this.#spares.length < SPARES_KEPT) this.#spares.push(slot)
    else this.discard(slot)
  }

  /** Deletes a file: one that failed once is not trusted again. */
  discard(slot: Slot): void {
    this.#total--
    deleteSlot(slot).catch(this.#options.onFault)
    void this.prepare()
  }

  /** Creates files until enough are spare; on a full disk it tries again until there is room. */
  prepare(): Promise<void> {
    this.#preparing ??= this.#create().finally(() => {
      this.#preparing = undefined
    })
    return this.#preparing
  }

  async #create(): Promise<void> {
    const { directory, slotBytes, slotsMax, name, onFault } = this.#options
    clearTimeout(this.#retry)
    try {
      while (!this.#closed && this.#spares.length < SPARES_WANTED && this.#total < slotsMax) {
        this.#spares.push(await createSlot(directory, name(), slotBytes))
        this.#total++
      }
    } catch (error) {
      onFault(error instanceof Error ? error : new Error(String(error)))
      this.#retry = setTimeout(() => void this.prepare(), RETRY_MS).unref()
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#preparing
    clearTimeout(this.#retry)
    await Promise.all(this.#spares.splice(0).map((slot) => slot.file.close()))
  }
}
