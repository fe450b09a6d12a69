import { expect, test } from 'vitest'
import { codeChallengeOf, isCodeVerifier, isSha256 } from './proof-key.ts'

test('the challenge of RFC 7636 appendix B', () => {
  const challenge = codeChallengeOf('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')
  expect(challenge).toBe('E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM')
  expect(isSha256(challenge)).toBe(true)
})

test.each([42, 129, 0])('a verifier of %d characters is none', (length) => {
  expect(isCodeVerifier('a'.repeat(length))).toBe(false)
})

test.each([43, 128])('a verifier of %d characters', (length) => expect(isCodeVerifier('a'.repeat(length))).toBe(true))

test.each([`${'a'.repeat(43)} `, `${'a'.repeat(43)}\n`, `${'a'.repeat(43)}+`, `${'a'.repeat(43)}ä`])(
  'the verifier %j is none',
  (text) => expect(isCodeVerifier(text)).toBe(false),
)

test.each([
  'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cN',
  'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c',
  'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM',
  'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM=',
  '',
])('%j is no SHA-256', (text) => expect(isSha256(text)).toBe(false))
