import { expect, test } from 'vitest'
import { createMemoryProofMemory } from './memory.ts'
import { proofMemoryContract } from './proof-memory.contract.ts'
import { ProofMemoryUnavailable, rememberMs } from './proof-memory.ts'

proofMemoryContract('memory', async () => {
  const memory = createMemoryProofMemory()
  return [memory, memory]
})

test('a proof is remembered for its whole time, and forgotten some time after', () => {
  let now = 0
  const memory = createMemoryProofMemory({ now: () => now })
  now = rememberMs - 1
  expect(memory.firstUse('a')).toBe(true)
  now += rememberMs - 1
  expect(memory.firstUse('a')).toBe(false)
  now += 2 * rememberMs
  expect(memory.firstUse('a')).toBe(true)
})

test('what does not fit is refused: nothing is forgotten early', () => {
  const memory = createMemoryProofMemory({ proofsMax: 2 })
  memory.firstUse('a')
  memory.firstUse('b')
  expect(() => memory.firstUse('c')).toThrow(ProofMemoryUnavailable)
  expect(memory.firstUse('a')).toBe(false)
})
