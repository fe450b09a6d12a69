import { nodeHash } from './hash.ts'

/** Whether a leaf stands at an index of the tree with this size and root: RFC 9162 section 2.1.3.2. */
export function provesInclusion(
  { leaf, index, size, root }: { leaf: Uint8Array; index: number; size: number; root: Uint8Array },
  path: readonly Uint8Array[],
): boolean {
  if (!isSize(index) || !isSize(size) || index >= size) return false
  let hash: Uint8Array = leaf
  const reachesRoot = climb(index, size - 1, path, (sibling, side) => {
    hash = side === 'left' ? nodeHash(sibling, hash) : nodeHash(hash, sibling)
  })
  return reachesRoot && equal(hash, root)
}

export interface Grown {
  readonly from: { readonly size: number; readonly root: Uint8Array }
  readonly to: { readonly size: number; readonly root: Uint8Array }
}

/** Whether the first tree is the beginning of the second: RFC 9162 section 2.1.4.2. */
export function provesConsistency({ from, to }: Grown, path: readonly Uint8Array[]): boolean {
  if (!isSize(from.size) || !isSize(to.size) || from.size > to.size) return false
  if (from.size === to.size) return path.length === 0 && equal(from.root, to.root)
  if (from.size === 0) return path.length === 0
  // The older root is not sent along where it is itself a node of the newer tree.
  const [first, ...rest] = isPowerOfTwo(from.size) ? [from.root, ...path] : path
  if (!first) return false
  let [at, last] = [from.size - 1, to.size - 1]
  while (at % 2 === 1) [at, last] = [half(at), half(last)]
  let [older, newer] = [first, first]
  const reachesRoot = climb(at, last, rest, (sibling, side) => {
    if (side === 'left') older = nodeHash(sibling, older)
    newer = side === 'left' ? nodeHash(sibling, newer) : nodeHash(newer, sibling)
  })
  return reachesRoot && equal(older, from.root) && equal(newer, to.root)
}

/** Goes up from a node by its siblings, and those of its parents; false unless they lead just to the root. */
function climb(
  index: number,
  lastIndex: number,
  path: readonly Uint8Array[],
  join: (sibling: Uint8Array, side: 'left' | 'right') => void,
): boolean {
  let [at, last] = [index, lastIndex]
  for (const sibling of path) {
    if (last === 0) return false
    const onLeft = at % 2 === 1 || at === last
    join(sibling, onLeft ? 'left' : 'right')
    // At the right edge, levels on which there is no sibling are passed by.
    while (onLeft && at % 2 === 0 && at !== 0) [at, last] = [half(at), half(last)]
    ;[at, last] = [half(at), half(last)]
  }
  return last === 0
}

const half = (count: number) => Math.floor(count / 2)
const isSize = (count: number) => Number.isSafeInteger(count) && count >= 0
const isPowerOfTwo = (count: number) => 2 ** Math.round(Math.log2(count)) === count

function equal(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0
}
