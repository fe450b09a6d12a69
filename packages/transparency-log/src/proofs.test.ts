import { expect, test } from 'vitest'
import { Frontier } from './frontier.ts'
import { emptyRoot, leafHash, nodeHash } from './hash.ts'
import { consistencyProof, inclusionProof, peaksOf } from './prove.ts'
import { provesConsistency, provesInclusion } from './verify.ts'

/** RFC 9162 section 2.1.1, word for word. */
function rootOf(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves
  if (only === undefined) return emptyRoot
  if (leaves.length === 1) return only
  const left = 2 ** Math.floor(Math.log2(leaves.length - 1))
  return nodeHash(rootOf(leaves.slice(0, left)), rootOf(leaves.slice(left)))
}

const sizeMax = 40
const leaves = Array.from({ length: sizeMax }, (_, index) => leafHash(Buffer.from(`record ${index}`)))
const root = (size: number) => rootOf(leaves.slice(0, size))
const read = async (height: number, index: number) =>
  rootOf(leaves.slice(index * 2 ** height, (index + 1) * 2 ** height))
const sizes = Array.from({ length: sizeMax + 1 }, (_, size) => size)

// The tree of the reference implementation of Certificate Transparency (RFC 6962).
const published = [
  ['', '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d'],
  ['00', 'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125'],
  ['10', 'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77'],
  ['2021', 'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7'],
  ['3031', '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4'],
  ['40414243', '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef'],
  ['5051525354555657', 'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c'],
  ['606162636465666768696a6b6c6d6e6f', '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328'],
] as const

test('roots are those of RFC 6962', () => {
  const tree = new Frontier()
  expect(tree.root().toString('hex')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  for (const [leaf, expected] of published) {
    tree.append(leafHash(Buffer.from(leaf, 'hex')))
    expect(tree.root().toString('hex')).toBe(expected)
  }
})

test('a tree grows to the root of its leaves, also from the peaks it had, and tells each subtree once', async () => {
  const told = new Map<string, Buffer>()
  let tree = new Frontier()
  for (const [index, leaf] of leaves.entries()) {
    for (const { height, index: at, hash } of tree.append(leaf)) told.set(`${height}/${at}`, hash)
    expect(tree.root()).toEqual(root(index + 1))
    expect(await peaksOf(read, index + 1)).toEqual(tree.peaks)
    tree = new Frontier(index + 1, tree.peaks)
  }
  for (const [name, hash] of told) {
    const [height = 0, index = 0] = name.split('/').map(Number)
    expect(hash).toEqual(await read(height, index))
  }
  expect(told.size).toBe(leaves.length + 20 + 10 + 5 + 2 + 1)
})

test.each([
  ['a size that is none', -1, []],
  ['too few peaks', 3, [leaves[0]!]],
  ['a peak that is no hash', 1, [Buffer.alloc(31)]],
])('no tree: %s', (_, size, peaks) => {
  expect(() => new Frontier(size, peaks)).toThrow(RangeError)
})

test('every leaf of every size is proven, and nothing else by the same proof', async () => {
  for (const size of sizes.slice(1)) {
    for (let index = 0; index < size; index++) {
      const proof = await inclusionProof(read, index, size)
      const claim = { leaf: leaves[index]!, index, size, root: root(size) }
      expect(provesInclusion(claim, proof)).toBe(true)
      const wrong = [
        { ...claim, index: (index + 1) % size },
        { ...claim, leaf: leaves[(index + 1) % sizeMax]! },
        { ...claim, root: root(size - 1) },
        { ...claim, index: size },
        { ...claim, index: -1 },
      ]
      for (const other of wrong) expect(size > 1 && provesInclusion(other, proof)).toBe(false)
      for (let at = 0; at < proof.length; at++) expect(provesInclusion(claim, proof.toSpliced(at, 1))).toBe(false)
      expect(provesInclusion(claim, [...proof, leaves[0]!])).toBe(false)
    }
  }
  await expect(inclusionProof(read, 3, 3)).rejects.toThrow(RangeError)
})

test('every size is shown to have grown from every smaller one, and from no other tree', async () => {
  for (const size of sizes) {
    for (const from of sizes.slice(0, size + 1)) {
      const proof = await consistencyProof(read, from, size)
      const claim = { from: { size: from, root: root(from) }, to: { size, root: root(size) } }
      expect(provesConsistency(claim, proof)).toBe(true)
      if (from === 0) continue
      const forged = { size: from, root: leafHash(root(from)) }
      expect(provesConsistency({ ...claim, from: forged }, proof)).toBe(false)
      expect(provesConsistency({ ...claim, to: { size, root: leafHash(root(size)) } }, proof)).toBe(false)
      for (let at = 0; at < proof.length; at++) expect(provesConsistency(claim, proof.toSpliced(at, 1))).toBe(false)
      expect(provesConsistency(claim, [...proof, leaves[0]!])).toBe(false)
      expect(from < size && provesConsistency({ from: claim.to, to: claim.from }, proof)).toBe(false)
    }
  }
  await expect(consistencyProof(read, 4, 3)).rejects.toThrow(RangeError)
})
