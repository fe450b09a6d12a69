import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { idOfOwnKey, ownKey, ownPattern } from './own-key.ts'

const hash = createHash('sha256').update('token').digest('base64url')
const beginning = '{gate*house}:1:'

test.each([
  `alpha/${hash}`,
  hash,
  `alpha/${hash.slice(1)}`,
  `alpha/x${hash}`,
  `alpha/${'_'.repeat(43)}`,
  'alpha/t1',
  'g1',
])('the id %s is read back from its key', (id) => {
  for (const noun of ['reference_token', 'revoked_token', 'revoked_grant'] as const)
    expect(idOfOwnKey(beginning, ownKey(beginning, `${noun}/${id}`))).toBe(id)
})

test('no two entries have the same key', () => {
  const ids = [
    `alpha/${hash}`,
    `alpha/${Buffer.from(hash, 'base64url')
      .toString('latin1')
      .replace(/[^!-~]/g, 'x')}`,
  ]
  const keys = ids.flatMap((id) =>
    ['reference_token', 'revoked_token', 'revoked_grant'].map((noun) => ownKey('', `${noun}/${id}`).toString('hex')),
  )
  expect(new Set(keys).size).toBe(6)
})

test('the key of a reference token is short, and the pattern names its noun alone', () => {
  expect(ownKey('{gatehouse}:1:', `reference_token/alpha/${hash}`)).toHaveLength(53)
  expect(ownPattern(beginning, 'revoked_token')).toBe('{gate\\*house}:1:[23]*')
})
