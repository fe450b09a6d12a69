import { notFound } from '@gatehouse/errors'

interface Versioned {
  readonly version: bigint
}

/** Things by id, whose version grows with every change and stays with none. */
export class Shelf<Item extends Versioned> {
  readonly items = new Map<string, Item>()
  readonly #noun: string

  constructor(noun: string) {
    this.#noun = noun
  }

  get(id: string): Item {
    const item = this.items.get(id)
    if (!item) throw notFound(this.#noun, id)
    return item
  }

  put(id: string, item: Omit<Item, 'version'>): Item {
    const before = this.items.get(id)
    const same = before && text({ ...item, version: before.version }) === text(before)
    const next = { ...item, version: (before?.version ?? 0n) + (same ? 0n : 1n) } as Item
    this.items.set(id, next)
    return next
  }

  list(wanted: (item: Item) => boolean = () => true): Item[] {
    return [...this.items.values()].filter(wanted)
  }
}

const text = (value: object) => JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? `${each}n` : each))
