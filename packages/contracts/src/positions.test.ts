import { expect, test } from 'vitest'
import { formatPositions, parsePositions, reaches } from './positions.ts'

test('positions are read back as they were written', () => {
  expect(parsePositions(formatPositions({ credential: 12n, policy: 0n }))).toEqual({ credential: 12n, policy: 0n })
})

test.each([
  '',
  'credential',
  'credential:',
  'credential:-1',
  'credential:01',
  'audit:3',
  'credential:1,credential:2',
  'constructor:1',
  `policy:${'9'.repeat(19)}`,
])('the malformed position %j is refused', (text) => expect(parsePositions(text)).toBeUndefined())

test('a log that is behind what is demanded does not reach it', () => {
  expect(reaches({ credential: 5n }, { credential: 5n })).toBe(true)
  expect(reaches({ credential: 5n }, { credential: 6n })).toBe(false)
  expect(reaches({ credential: 5n }, { credential: 5n, policy: 1n })).toBe(false)
})
