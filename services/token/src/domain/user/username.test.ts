import { expect, test } from 'vitest'
import { isUsername, providerUsername, usernameKey } from './username.ts'

test.each(['ada', 'ada@example.com', 'Ада', 'e\u0301va', 'a'.repeat(200)])('%j is a username', (name) =>
  expect(isUsername(name)).toBe(true),
)

test.each(['', 'a b', 'a\u00a0b', 'corp/42', 'a\nb', 'a\u200bb', '\u202eada', 'a\0', 'a'.repeat(201), '\ud800'])(
  '%j is none',
  (name) => expect(isUsername(name)).toBe(false),
)

test.each([
  ['Ada', 'aDA'],
  ['\u00e9va', 'e\u0301va'],
  ['\u00c9VA', 'e\u0301va'],
])('%j and %j are one user', (a, b) => expect(usernameKey(a)).toBe(usernameKey(b)))

test('no local user can have the name of an account that a provider makes', () =>
  expect(isUsername(providerUsername('corp', '42'))).toBe(false))
