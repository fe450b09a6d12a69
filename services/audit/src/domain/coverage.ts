/** A run of sequences, both ends included. */
export interface Range {
  readonly first: bigint
  readonly last: bigint
}

/** Which sequences of one epoch of one node have arrived: all from 1 to `last` but the holes. */
export interface Coverage {
  readonly last: bigint
  /** In order, apart from each other. */
  readonly holes: readonly Range[]
}

export const nothingCovered: Coverage = { last: 0n, holes: [] }

/** The coverage once these sequences have arrived too, in whatever order, some perhaps again. */
export function cover(coverage: Coverage, sequences: readonly bigint[]): Coverage {
  let { last, holes } = coverage
  for (const sequence of [...sequences].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))) {
    if (sequence > last) {
      if (sequence > last + 1n) holes = [...holes, { first: last + 1n, last: sequence - 1n }]
      last = sequence
    } else if (holes.length > 0) {
      holes = holes.flatMap((hole) => without(hole, sequence))
    }
  }
  return { last, holes }
}

/** Whether this sequence has arrived. */
export function covers({ last, holes }: Coverage, sequence: bigint): boolean {
  return sequence <= last && !holes.some((hole) => sequence >= hole.first && sequence <= hole.last)
}

/** How many sequences are missing before the last one. */
export function missing({ holes }: Coverage): bigint {
  return holes.reduce((sum, { first, last }) => sum + last - first + 1n, 0n)
}

function without(hole: Range, sequence: bigint): Range[] {
  if (sequence < hole.first || sequence > hole.last) return [hole]
  const parts = [
    { first: hole.first, last: sequence - 1n },
    { first: sequence + 1n, last: hole.last },
  ]
  return parts.filter(({ first, last }) => first <= last)
}
