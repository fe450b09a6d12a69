import { emptyRoot, nodeHash } from './hash.ts'

/** The root of the 2^height leaves from `index` × 2^height on, all of which are there. */
export type ReadNode = (height: number, index: number) => Promise<Buffer>

/**
 * What shows that a leaf is in the tree of a size: RFC 9162 section 2.1.3.1.
 * @throws RangeError when it is not
 */
export async function inclusionProof(read: ReadNode, index: number, size: number): Promise<Buffer[]> {
  if (!(index >= 0 && index < size)) throw new RangeError(`no leaf ${index} in a tree of ${size}`)
  const path: Promise<Buffer>[] = []
  for (let [start, length] = [0, size]; length > 1; ) {
    const left = largestPowerBelow(length)
    if (index < start + left) {
      path.push(rootOf(read, start + left, length - left))
      length = left
    } else {
      path.push(rootOf(read, start, left))
      ;[start, length] = [start + left, length - left]
    }
  }
  return (await Promise.all(path)).reverse()
}

/**
 * What shows that a tree has grown from another one: RFC 9162 section 2.1.4.1. Nothing is needed from none, and from itself.
 * @throws RangeError when it is the smaller one
 */
export async function consistencyProof(read: ReadNode, from: number, to: number): Promise<Buffer[]> {
  if (!(from >= 0 && from <= to)) throw new RangeError(`a tree of ${to} has not grown from one of ${from}`)
  if (from === 0 || from === to) return []
  const path: Promise<Buffer>[] = []
  let [start, length] = [0, to]
  let whole = true
  while (from - start !== length) {
    const left = largestPowerBelow(length)
    if (from - start <= left) {
      path.push(rootOf(read, start + left, length - left))
      length = left
    } else {
      path.push(rootOf(read, start, left))
      ;[start, length] = [start + left, length - left]
      whole = false
    }
  }
  if (!whole) path.push(rootOf(read, start, length))
  return (await Promise.all(path)).reverse()
}

/** The peaks of the tree that the first leaves make: what a Frontier begins with. */
export async function peaksOf(read: ReadNode, size: number): Promise<Buffer[]> {
  const peaks: Promise<Buffer>[] = []
  for (let start = 0; start < size; ) {
    const length = largestPowerUpTo(size - start)
    peaks.push(rootOf(read, start, length))
    start += length
  }
  return Promise.all(peaks)
}

/** Of leaves that begin where a subtree as large begins. */
async function rootOf(read: ReadNode, start: number, length: number): Promise<Buffer> {
  if (length === 0) return emptyRoot
  const left = largestPowerUpTo(length)
  const height = Math.log2(left)
  if (left === length) return await read(height, start / length)
  return nodeHash(await read(height, start / left), await rootOf(read, start + left, length - left))
}

function largestPowerUpTo(count: number): number {
  let power = 1
  while (power * 2 <= count) power *= 2
  return power
}

function largestPowerBelow(count: number): number {
  return largestPowerUpTo(count - 1)
}
