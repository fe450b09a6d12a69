import { generateKeyPairSync } from 'node:crypto'
import { exportHeader, Frontier, leafHash, signCheckpoint, signerOf } from '@gatehouse/transparency-log'
import { expect, test } from 'vitest'
import { checkLedger } from './ledger.ts'

const signer = signerOf('faults', generateKeyPairSync('ed25519').privateKey)
const records = ['a', 'b', 'c', 'd'].map((text) => Buffer.from(text))

function exported(of: readonly Buffer[]) {
  const tree = new Frontier()
  for (const record of of) tree.append(leafHash(record))
  const checkpoint = signCheckpoint(signer, tree.size, tree.root())
  return { checkpoint, lines: [Buffer.from(exportHeader(checkpoint, 1, [])), ...of], verifierKey: signer.verifierKey }
}

const fault = (checkpoint: string) => ({ name: 'f', from: 0, to: 1, settledAt: 2, hinders: true, checkpoint })
const history = { faults: [fault(exported(records.slice(0, 2)).checkpoint)] }

test('a ledger that only grew is in order', async () => {
  expect(await checkLedger(exported(records), history, 4)).toEqual([])
})

test.each([
  ['a record that was changed', { ...exported(records), lines: exported(records).lines.with(2, Buffer.from('x')) }],
  ['a history that was written and signed anew', exported(records.with(1, Buffer.from('x')))],
  ['a ledger that lost its end since', exported(records.slice(0, 1))],
  ['records that are in no tree', exported(records.slice(0, 3))],
])('%s is found', async (_, ledger) => {
  expect(await checkLedger(ledger, history, 4)).toHaveLength(1)
})
