import { SigningKeyView } from '@gatehouse/contracts/read_model/v1/views'
import { SigningKeyState } from '@gatehouse/contracts/token/v1/signing_key'
import type { KeyRing } from '@gatehouse/read-model'
import { expect, test } from 'vitest'
import { signingKeysOf } from './signing-keys.ts'

const { SIGNING_KEY_STATE_PUBLISHED: PUBLISHED, SIGNING_KEY_STATE_ACTIVE: ACTIVE } = SigningKeyState
const { SIGNING_KEY_STATE_RETIRED: RETIRED, SIGNING_KEY_STATE_REMOVED: REMOVED } = SigningKeyState
const now = 1_700_000_000_000

function keysWith(over: Partial<SigningKeyView>) {
  const key = SigningKeyView.fromPartial({ keyId: 'k1', environmentId: 'alpha', publicJwk: '{}', ...over })
  const rings = new Map<string, KeyRing>([['alpha', { state: 'found', keys: new Map([['k1', key]]) }]])
  return signingKeysOf(
    () => rings,
    () => now,
  )
}

test.each([
  ['published', { state: PUBLISHED }],
  ['active', { state: ACTIVE }],
  ['retired, before its end', { state: RETIRED, removeTime: new Date(now + 1) }],
])('a key that is %s is accepted', (_, over) => {
  const keys = keysWith(over)
  expect(keys.find('alpha', 'k1')).toMatchObject({ keyId: 'k1' })
  expect(keys.of('alpha')).toHaveLength(1)
})

test.each([
  ['retired, from its end on', { state: RETIRED, removeTime: new Date(now) }],
  ['retired without an end', { state: RETIRED }],
  ['removed', { state: REMOVED, removeTime: new Date(now + 1_000) }],
  ['of no state', {}],
])('a key that is %s is refused', (_, over) => {
  const keys = keysWith(over)
  expect(keys.find('alpha', 'k1')).toBeUndefined()
  expect(keys.of('alpha')).toEqual([])
})

test('an environment without keys has none, and not those of another', () => {
  const keys = keysWith({ state: ACTIVE })
  expect(keys.find('beta', 'k1')).toBeUndefined()
  expect(keys.of('beta')).toEqual([])
})
