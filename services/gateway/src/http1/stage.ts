let order: readonly { run(): boolean }[] = []
let awaited = false

/**
 * One kind of work that a turn of the event loop brings up for many requests at once. A turn first reads all sockets;
 * then every kind is done for all of them, kind after kind, in the order in which the stages were made. One request from
 * end to end, and then the next, would cost a fifth more: it is more code than the processor's nearest caches hold.
 */
export class Stage<Item> {
  readonly #work: (item: Item) => void
  #items: Item[] = []
  #done: Item[] = []

  /** @param work must not throw: the others of its turn would be lost with it */
  constructor(work: (item: Item) => void) {
    this.#work = work
    order = [...order, this]
  }

  /** Does the stage's work for it in this turn. */
  add(item: Item): void {
    this.#items.push(item)
    if (awaited) return
    awaited = true
    setImmediate(run)
  }

  /** @returns whether there was something to do */
  run(): boolean {
    if (this.#items.length === 0) return false
    const items = this.#items
    this.#items = this.#done
    for (const item of items) this.#work(item)
    items.length = 0
    this.#done = items
    return true
  }
}

/** What comes up meanwhile belongs to the same turn. */
function run(): void {
  for (let more = true; more; ) {
    more = false
    for (const stage of order) more = stage.run() || more
  }
  awaited = false
}
