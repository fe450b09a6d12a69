import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
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

const position = fc.integer({ min: 1, max: records.length })
type Change = (lines: Buffer[]) => Buffer[]

const changes: fc.Arbitrary<Change> = fc.oneof<fc.Arbitrary<Change>[]>(
  fc
    .tuple(fc.integer({ min: 0, max: records.length }), fc.nat(), fc.nat(7))
    .map(([at, byte, bit]) => (lines: Buffer[]) => {
      const line = Buffer.from(lines[at]!)
      line[byte % line.length]! ^= 1 << bit
      return lines.with(at, line)
    }),
  position.map((at) => (lines) => lines.toSpliced(at, 1)),
  position.map((at) => (lines) => lines.toSpliced(at, 0, lines[at]!)),
  fc.uniqueArray(position, { minLength: 2, maxLength: 2 }).map(([from = 1, to = 2]) => (lines: Buffer[]) => {
    return lines.with(from, lines[to]!).with(to, lines[from]!)
  }),
  position.map((at) => (lines) => lines.slice(0, at)),
  position.map((at) => (lines) => lines.toSpliced(at, 0, Buffer.from('{}'))),
)

test('10,000 changes are all found: a bit, a record less, twice, elsewhere, an end cut off, a foreign one', async () => {
  const whole = exported()
  await fc.assert(
    fc.asyncProperty(changes, async (change) => {
      const error: unknown = await verifyExport(change(whole), { verifierKey }).catch((refusal: unknown) => refusal)
      expect(error instanceof ExportRefused || error instanceof CheckpointRefused).toBe(true)
    }),
    { numRuns: 10_000, seed: 6 },
  )
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
