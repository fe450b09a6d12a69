/** Numbers from a seed: the same seed, the same numbers. */
export interface Random {
  /** In [0, 1). */
  next(): number
  /** A whole number from `min` to `max`. */
  between(min: number, max: number): number
  /** True so often. */
  chance(probability: number): boolean
  pick<Item>(items: readonly Item[]): Item | undefined
}

/** Of this run: GATEHOUSE_FAULT_SEED, else 1. */
export const faultSeed = Number(process.env['GATEHOUSE_FAULT_SEED'] ?? 1)

/** How often a fault is repeated: GATEHOUSE_FAULT_ROUNDS, else the short form. */
export function faultRounds(short: number): number {
  return Number(process.env['GATEHOUSE_FAULT_ROUNDS'] ?? short)
}

/** How long an outage lasts: GATEHOUSE_FAULT_SECONDS, else the short form. In ms. */
export function outageMs(shortSeconds: number): number {
  return Number(process.env['GATEHOUSE_FAULT_SECONDS'] ?? shortSeconds) * 1000
}

/** Mulberry32. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    next,
    between: (min, max) => min + Math.floor(next() * (max - min + 1)),
    chance: (probability) => next() < probability,
    pick: (items) => items[Math.floor(next() * items.length)],
  }
}
