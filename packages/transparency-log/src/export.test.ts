import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { CheckpointRefused, signCheckpoint, signerOf } from './checkpoint.ts'
import { ExportRefused, exportHeader, verifyExport } from './export.ts'
import { Frontier } from './frontier.ts'
import { leafHash } from './hash.ts'

const signer = signerOf('gatehouse.test/ledger', generateKeyPairSync('ed25519').privateKey)
const { verifierKey } = signer
const records = Array.from({ length: 20 }, (_, index) =>
  Buffer.from(JSON.stringify({ index, said: 'x'.repeat(index) })),
)

function treeOf(count: number): Frontier {
  const tree = new Frontier()
  for (const record of records.slice(0, count)) tree.append(leafHash(record))
  return tree
}

const checkpointAt = (size: number) => signCheckpoint(signer, size, treeOf(size).root())

function exported(size = records.length, firstPosition = 1): Buffer[] {
  const header = exportHeader(checkpointAt(size), firstPosition, treeOf(firstPosition - 1).peaks)
  return [Buffer.from(header), ...records.slice(firstPosition - 1, size)]
}

test.each([1, 2, 17, 20, 21])('an export from position %i is verified', async (firstPosition) => {
  expect(await verifyExport(exported(20, firstPosition), { verifierKey })).toMatchObject({
    checkpoint: { size: 20 },
    firstPosition,
    records: 21 - firstPosition,
  })
})

test('it begins with what an earlier checkpoint was signed for', async () => {
  const earlier = [0, 1, 16, 19, 20].map(checkpointAt)
  await expect(verifyExport(exported(), { verifierKey, earlier })).resolves.toBeDefined()
  await expect(verifyExport(exported(20, 5), { verifierKey, earlier: [checkpointAt(4)] })).resolves.toBeDefined()
})

const seeded = (seed: number) => () => {
  // Mulberry32: any will do, as long as it is the same each time.
  seed = (seed + 0x6d2b79f5) | 0
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
}

test('10,000 changes are all found: a bit, a record less, twice, elsewhere, an end cut off', async () => {
  const random = seeded(6)
  const below = (count: number) => Math.floor(random() * count)
  const changes: Record<string, (lines: Buffer[]) => Buffer[]> = {
    bit(lines) {
      const at = below(lines.length)
      const line = Buffer.from(lines[at]!)
      line[below(line.length)]! ^= 1 << below(8)
      return lines.with(at, line)
    },
    less: (lines) => lines.toSpliced(1 + below(records.length), 1),
    twice(lines) {
      const at = 1 + below(records.length)
      return lines.toSpliced(at, 0, lines[at]!)
    },
    elsewhere(lines) {
      const [from, to] = [1 + below(records.length), 1 + below(records.length)]
      return from === to
        ? lines.toSpliced(1 + below(records.length), 1)
        : lines.with(from, lines[to]!).with(to, lines[from]!)
    },
    cut: (lines) => lines.slice(0, 1 + below(records.length)),
    foreign: (lines) => lines.toSpliced(1 + below(records.length), 0, Buffer.from('{}')),
  }
  const kinds = Object.values(changes)
  const whole = exported()
  const missed: Buffer[][] = []
  for (let round = 0; round < 10_000; round++) {
    const changed = kinds[round % kinds.length]!(whole)
    const error: unknown = await verifyExport(changed, { verifierKey }).catch((refusal: unknown) => refusal)
    if (!(error instanceof ExportRefused || error instanceof CheckpointRefused)) missed.push(changed)
  }
  expect(missed).toEqual([])
})

test('a whole history that was written anew and signed by the same key is found by an earlier checkpoint', async () => {
  const tree = new Frontier()
  const forged = records.map((record, index) => (index === 3 ? Buffer.from('{"forged":true}') : record))
  for (const record of forged) tree.append(leafHash(record))
  const header = exportHeader(signCheckpoint(signer, 20, tree.root()), 1, [])
  const lines = [Buffer.from(header), ...forged]
  await expect(verifyExport(lines, { verifierKey })).resolves.toBeDefined()
  await expect(verifyExport(lines, { verifierKey, earlier: [checkpointAt(16)] })).rejects.toThrow(
    'the first 16 records are not those of an earlier checkpoint',
  )
})

test.each([
  ['nothing', [], {}, 'it is empty'],
  ['no header', records, {}, 'its first line is no header'],
  ['what is older than an earlier checkpoint', exported(16), { earlier: [checkpointAt(20)] }, 'older than'],
  ['what begins behind the earlier checkpoint', exported(20, 9), { earlier: [checkpointAt(7)] }, 'a consistency proof'],
])('refused: %s', async (_, lines, more, problem) => {
  await expect(verifyExport(lines, { verifierKey, ...more })).rejects.toThrow(problem)
})
