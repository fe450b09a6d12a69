import { expect, test } from 'vitest'
import { joinSplit, openPhantom, referenceTokenId, sealPhantom, splitToken } from './reference-token.ts'

test('only who holds a phantom token opens what is kept of it', () => {
  const content = sealPhantom('ght_a', 'header.payload.signature')
  expect(openPhantom('ght_a', content)).toBe('header.payload.signature')
  expect(openPhantom('ght_b', content)).toBeUndefined()
  expect(openPhantom('ght_a', content.subarray(1))).toBeUndefined()
  expect(openPhantom('ght_a', new Uint8Array())).toBeUndefined()
  expect(Buffer.from(content).toString('latin1')).not.toContain('payload')
})

test('a split token is joined from both parts, and no signature is kept', () => {
  const { text, content } = splitToken('header.payload.signature')
  expect([text, Buffer.from(content).toString()]).toEqual(['signature', '\0header.payload'])
  expect(joinSplit(text, content)).toBe('header.payload.signature')
})

test('the id tells nothing of the token', () => {
  expect(referenceTokenId('ght_a')).toMatch(/^[A-Za-z0-9_-]{43}$/)
})
