import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { CheckpointRefused, openCheckpoint, signCheckpoint, signerOf } from './checkpoint.ts'
import { leafHash } from './hash.ts'

const origin = 'gatehouse.test/ledger'
const keyOf = (type: 'ed25519' | 'ed448' = 'ed25519') => generateKeyPairSync(type as 'ed25519').privateKey
const signer = signerOf(origin, keyOf())
const root = leafHash(Buffer.from('a record'))
const note = signCheckpoint(signer, 12, root)

test('a note that was signed is read', () => {
  expect(note.split('\n').slice(0, 4)).toEqual([origin, '12', root.toString('base64'), ''])
  expect(openCheckpoint(note, signer.verifierKey)).toEqual({ origin, size: 12, root })
})

test('signatures of others beside it are passed over', () => {
  const witness = signCheckpoint(signerOf('witness', keyOf()), 12, root).split('\n').at(-2)
  expect(openCheckpoint(`${note}${witness}\n\u2014 odd\n`, signer.verifierKey).size).toBe(12)
})

test('whatever byte of it is changed, it is refused', () => {
  const bytes = Buffer.from(note)
  for (let at = 0; at < bytes.length - 1; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const changed = Buffer.from(bytes)
      changed[at]! ^= 1 << bit
      expect(() => openCheckpoint(changed.toString('latin1'), signer.verifierKey)).toThrow(CheckpointRefused)
      expect(() => openCheckpoint(changed.toString(), signer.verifierKey)).toThrow(CheckpointRefused)
    }
  }
})

test.each([
  ['of another key', signCheckpoint(signerOf(origin, keyOf()), 12, root)],
  ['of another log', signCheckpoint(signerOf('other', signer.key), 12, root)],
  ['whose size is none', signCheckpoint(signer, -1, root)],
  ['whose root is none', signCheckpoint(signer, 12, root.subarray(1))],
  ['without a signature', note.split('\u2014')[0] ?? ''],
  ['that is empty', ''],
])('refused: a note %s', (_, other) => {
  expect(() => openCheckpoint(other, signer.verifierKey)).toThrow(CheckpointRefused)
})

test.each([
  ['another hash', signer.verifierKey.replace(/\+[0-9a-f]{8}\+/, '+00000000+')],
  ['another name', `x${signer.verifierKey}`],
  ['nothing', ''],
])('no verifier key: %s', (_, key) => {
  expect(() => openCheckpoint(note, key)).toThrow('no verifier key')
})

test('no signer: a name with blanks, a key of another kind', () => {
  expect(() => signerOf('a b', keyOf())).toThrow(RangeError)
  expect(() => signerOf(origin, keyOf('ed448'))).toThrow(RangeError)
})
