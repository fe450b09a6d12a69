import { generateKeyPairSync } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { exportHeader, Frontier, leafHash, signCheckpoint, signerOf } from '@gatehouse/transparency-log'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startCli } from './testing/cli-harness.ts'

const signer = signerOf('gatehouse.test/ledger', generateKeyPairSync('ed25519').privateKey)
const records = [1, 2].map((n) => Buffer.from(JSON.stringify({ metadata: { uid: `gw.1.${n}` }, said: '€' })))
const [first, second] = records.map(leafHash) as [Buffer, Buffer]

function checkpointOf(size: number): string {
  const tree = new Frontier()
  for (const record of records.slice(0, size)) tree.append(leafHash(record))
  return signCheckpoint(signer, size, tree.root())
}

let cli: Awaited<ReturnType<typeof startCli>>
beforeAll(async () => {
  cli = await startCli()
})
afterAll(() => cli.close())
beforeEach(() => {
  cli.answers.ledger = {
    getCheckpoint: async () => ({ checkpoint: checkpointOf(2), verifierKey: signer.verifierKey }),
    getInclusionProof: async () => ({
      leafIndex: 1n,
      hashes: [first],
      checkpoint: checkpointOf(2),
      record: records[1]!,
    }),
    async *exportLedger() {
      yield { lines: [Buffer.from(exportHeader(checkpointOf(2), 1, [])), ...records] }
    },
  }
})

const wrongKey = signerOf('gatehouse.test/ledger', generateKeyPairSync('ed25519').privateKey).verifierKey

test('shows the key and a checkpoint as they are', async () => {
  expect((await cli.run('ledger key')).out).toBe(`${signer.verifierKey}\n`)
  expect((await cli.run('ledger checkpoint')).out).toBe(checkpointOf(2))
  expect(await cli.json('ledger checkpoint')).toEqual({ checkpoint: checkpointOf(2), verifier_key: signer.verifierKey })
})

test('an export is written byte by byte, and verified without the console', async () => {
  const file = join(cli.directory, 'ledger.ndjson')
  expect((await cli.run(`ledger export ${file}`)).code).toBe(0)
  const away = { env: { GATEHOUSE_CONSOLE_URL: 'http://127.0.0.1:1' } }
  const earlier = await cli.file('earlier', checkpointOf(1))
  const verified = await cli.run(`ledger verify ${file} --key ${signer.verifierKey} --earlier ${earlier} --json`, away)
  expect(verified).toMatchObject({ code: 0, err: '' })
  expect(JSON.parse(verified.out)).toMatchObject({ verified: true, records: 2, first_position: 1, size: 2 })
  expect(await cli.run(`ledger verify ${file} --key ${wrongKey}`)).toMatchObject({
    code: 1,
    err: expect.stringContaining('not signed by'),
  })
  const bytes = await readFile(file)
  for (const changed of [
    bytes.subarray(0, -2),
    Buffer.concat([bytes, Buffer.from('\n')]),
    Buffer.concat([bytes, records[0]!]),
    Buffer.from(bytes.toString('latin1').replace('gw.1.2', 'gw.1.3'), 'latin1'),
  ]) {
    await writeFile(file, changed)
    expect((await cli.run(`ledger verify ${file} --key ${signer.verifierKey}`)).code).toBe(1)
  }
})

test('a decision is proven; a proof of another one, by another key or of another place is none', async () => {
  expect(await cli.json(`ledger prove gw.1.2 --key ${signer.verifierKey}`)).toMatchObject({
    proven: true,
    leaf_index: 1,
  })
  expect((await cli.run(`ledger prove gw.1.1 --key ${signer.verifierKey}`)).err).toContain('of another record')
  expect((await cli.run(`ledger prove gw.1.2 --key ${wrongKey}`)).err).toContain('not signed by')
  cli.answers.ledger = {
    getInclusionProof: async () => ({
      leafIndex: 1n,
      hashes: [second],
      checkpoint: checkpointOf(2),
      record: records[1]!,
    }),
  }
  expect((await cli.run(`ledger prove gw.1.2 --key ${signer.verifierKey}`)).err).toContain('does not lead to the root')
})

test('what is not there is said in one line', async () => {
  const { code, err } = await cli.run(`ledger verify ${join(cli.directory, 'none')} --key ${signer.verifierKey}`)
  expect({ code, lines: err.split('\n').length }).toEqual({ code: 1, lines: 2 })
  expect((await cli.run('ledger verify x')).code).toBe(2)
})
