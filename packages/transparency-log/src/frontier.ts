import { emptyRoot, HASH_BYTES, nodeHash } from './hash.ts'

/** The root of 2^height leaves: those from `index` × 2^height on. */
export interface Completed {
  readonly height: number
  readonly index: number
  readonly hash: Buffer
}

/** What a tree that only grows has to remember: the roots of its perfect subtrees, the largest first. */
export class Frontier {
  #size: number
  readonly #peaks: Buffer[]

  /** @throws RangeError when a tree of that size has not so many peaks */
  constructor(size = 0, peaks: readonly Uint8Array[] = []) {
    if (!Number.isSafeInteger(size) || size < 0) throw new RangeError(`no size of a tree: ${size}`)
    if (peaks.length !== peakCount(size)) throw new RangeError(`a tree of ${size} has not ${peaks.length} peaks`)
    if (peaks.some(({ length }) => length !== HASH_BYTES)) throw new RangeError('a peak is no SHA-256')
    this.#size = size
    this.#peaks = peaks.map((peak) => Buffer.from(peak))
  }

  get size(): number {
    return this.#size
  }

  get peaks(): readonly Buffer[] {
    return this.#peaks
  }

  /** Adds a leaf by its hash. @returns the subtrees that are complete by it, the leaf itself first */
  append(leaf: Buffer): Completed[] {
    const completed: Completed[] = [{ height: 0, index: this.#size, hash: leaf }]
    let [hash, index] = [leaf, this.#size]
    for (let height = 1; index % 2 === 1; height++) {
      hash = nodeHash(this.#peaks.pop() ?? emptyRoot, hash)
      index = (index - 1) / 2
      completed.push({ height, index, hash })
    }
    this.#peaks.push(hash)
    this.#size++
    return completed
  }

  root(): Buffer {
    return (
      this.#peaks.reduceRight<Buffer | undefined>((right, left) => (right ? nodeHash(left, right) : left), undefined) ??
      emptyRoot
    )
  }
}

function peakCount(size: number): number {
  let count = 0
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2
  return count
}
