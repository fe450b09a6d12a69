import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Coverage, cover, missing, nothingCovered } from './coverage.ts'

/** The slow way: a set of everything that arrived. */
function oracle(sequences: readonly bigint[]): Coverage {
  const arrived = new Set(sequences)
  let last = 0n
  for (const n of sequences) if (n > last) last = n
  const holes: { first: bigint; last: bigint }[] = []
  for (let n = 1n; n < last; n++) {
    if (arrived.has(n)) continue
    const open = holes.at(-1)
    if (open && open.last === n - 1n) open.last = n
    else holes.push({ first: n, last: n })
  }
  return { last, holes }
}

describe('coverage', () => {
  test('in order leaves no hole', () => {
    expect(cover(nothingCovered, [1n, 2n, 3n])).toEqual({ last: 3n, holes: [] })
  })

  test('a jump is a hole, and the late record splits it', () => {
    const jumped = cover(nothingCovered, [1n, 7n])
    expect(jumped).toEqual({ last: 7n, holes: [{ first: 2n, last: 6n }] })
    expect(missing(jumped)).toBe(5n)
    expect(cover(jumped, [4n]).holes).toEqual([
      { first: 2n, last: 3n },
      { first: 5n, last: 6n },
    ])
  })

  test('the first records missing is a hole too', () => {
    expect(cover(nothingCovered, [3n]).holes).toEqual([{ first: 1n, last: 2n }])
  })

  test('any batches in any order, some twice, agree with a set', () => {
    const batch = fc.array(fc.bigInt({ min: 1n, max: 60n }), { maxLength: 20 })
    fc.assert(
      fc.property(fc.array(batch, { maxLength: 8 }), (batches) => {
        expect(batches.reduce(cover, nothingCovered)).toEqual(oracle(batches.flat()))
      }),
    )
  })
})
