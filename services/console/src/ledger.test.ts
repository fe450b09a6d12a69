import type { GetConsistencyProofRequest, GetInclusionProofRequest } from '@gatehouse/contracts/audit/v1/ledger_service'
import { invalidArgument } from '@gatehouse/errors'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answers, startTestConsole } from './testing/running-console.ts'

const answers: Answers = {}
let console: Awaited<ReturnType<typeof startTestConsole>>

beforeAll(async () => {
  console = await startTestConsole(answers)
})

afterAll(() => console.close())

test('shows a checkpoint and the key that it is verified with', async () => {
  answers.ledger = { getCheckpoint: async () => ({ checkpoint: 'a\n1\nb\n', verifierKey: 'a+b+c' }) }
  const { body } = await console.send('/v1/ledger/checkpoint')
  expect(body).toEqual({ checkpoint: 'a\n1\nb\n', verifier_key: 'a+b+c' })
})

test('proves a record and the growth of the tree', async () => {
  const asked: (GetInclusionProofRequest | GetConsistencyProofRequest)[] = []
  answers.ledger = {
    async getInclusionProof(request) {
      asked.push(request)
      return { leafIndex: 4n, hashes: [Buffer.alloc(2, 1)], checkpoint: 'note', record: Buffer.from('{}') }
    },
    async getConsistencyProof(request) {
      asked.push(request)
      return { hashes: [Buffer.alloc(2, 1)], checkpoint: 'note' }
    },
  }
  const included = await console.send('/v1/decisions/gw.1.5/inclusion-proof?tree_size=9')
  expect(included.body).toEqual({ leaf_index: 4, hashes: ['AQE='], checkpoint: 'note', record: 'e30=' })
  const grown = await console.send('/v1/ledger/consistency-proof?from_size=3')
  expect(grown.body).toEqual({ hashes: ['AQE='], checkpoint: 'note' })
  expect(asked).toMatchObject([
    { decisionId: 'gw.1.5', treeSize: 9n },
    { fromSize: 3n, toSize: 0n },
  ])
})

test('streams an export byte by byte', async () => {
  const lines = ['header', '{"a": 1}', '\u20ac'].map((line) => Buffer.from(line))
  answers.ledger = {
    async *exportLedger() {
      yield { lines: lines.slice(0, 1) }
      yield { lines: lines.slice(1) }
    },
  }
  const response = await fetch(`http://${console.address}/v1/ledger/export`, {
    headers: { authorization: `Bearer ${console.admin}` },
  })
  expect(response.headers.get('content-type')).toBe('application/x-ndjson')
  expect(await response.text()).toBe('header\n{"a": 1}\n\u20ac\n')
})

test.each(['/v1/ledger/consistency-proof?from_size=-1', '/v1/decisions/x/inclusion-proof?tree_size=a'])(
  '400 for a size that is none: %s',
  async (path) => {
    expect((await console.send(path)).status).toBe(400)
  },
)

test('400 for a size that the tree never had; 401 without an operator', async () => {
  answers.ledger = {
    getConsistencyProof: () => Promise.reject(invalidArgument([{ field: 'from_size', description: 'never' }])),
  }
  expect((await console.send('/v1/ledger/consistency-proof?from_size=7')).status).toBe(400)
  for (const path of ['/v1/ledger/checkpoint', '/v1/ledger/export'])
    expect((await console.send(path, { token: undefined })).status).toBe(401)
})
