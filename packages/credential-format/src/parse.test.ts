import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeBase32, digestSecret, encodeBase32, mintSecret, parseApiKey, parseSecret } from './index.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const minted = fc.record({
  environmentId: fc.stringMatching(/^[a-z][a-z0-9-]{0,31}$/),
  id: bytes(10).map(encodeBase32),
  secret: bytes(32),
})

test('every minted key is read back', () => {
  fc.assert(
    fc.property(minted, (parts) => {
      expect(parseApiKey(mintSecret('api_key', parts))).toMatchObject({
        kind: 'own',
        environmentId: parts.environmentId,
        id: parts.id,
      })
    }),
  )
})

test('no other character at any place is accepted', () => {
  fc.assert(
    fc.property(minted, fc.nat(), fc.string({ minLength: 1, maxLength: 1 }), (parts, where, other) => {
      const key = mintSecret('api_key', parts)
      const at = where % key.length
      fc.pre(key[at] !== other)
      expect(parseApiKey(key.slice(0, at) + other + key.slice(at + 1)).kind).not.toBe('own')
    }),
    { numRuns: 1000 },
  )
})

test('keys made elsewhere are foreign, whatever their syntax', () => {
  for (const text of ['0123456789abcdef', 'ghp_0123456789abcdef', 'GH_0123456789abcdef', '~'.repeat(256)]) {
    expect(parseApiKey(text)).toEqual({ kind: 'foreign' })
  }
})

test('nothing throws, whatever the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.boolean(), (text, own) => {
      expect(parseApiKey(own ? `gh_${text}` : text).kind).toMatch(/^(foreign|malformed)$/)
    }),
  )
})

test('malformed parts are not minted', () => {
  const id = encodeBase32(new Uint8Array(10))
  const secret = new Uint8Array(32)
  expect(() => mintSecret('api_key', { environmentId: 'Alpha', id, secret })).toThrow(RangeError)
  expect(() => mintSecret('api_key', { environmentId: '', id, secret })).toThrow(RangeError)
  expect(() => mintSecret('api_key', { environmentId: 'alpha', id: `${id}a`, secret })).toThrow(RangeError)
  expect(() => mintSecret('api_key', { environmentId: 'alpha', id: id.toUpperCase(), secret })).toThrow(RangeError)
  expect(() => mintSecret('api_key', { environmentId: 'alpha', id, secret: new Uint8Array(31) })).toThrow(RangeError)
})

test('the digest covers the whole text', () => {
  expect(digestSecret('a')).toHaveLength(32)
  expect(digestSecret('a')).not.toEqual(digestSecret('a '))
})

test('a secret of one kind is none of another', () => {
  fc.assert(
    fc.property(minted, (parts) => {
      const text = mintSecret('refresh_token', parts)
      const parsed = parseSecret('refresh_token', text)
      if (parsed.kind !== 'own') throw new Error(parsed.fault)
      expect(decodeBase32(text.slice(parsed.secretFrom, parsed.secretFrom + 52))).toEqual(parts.secret)
      expect(parseSecret('authorization_code', text).kind).toBe('malformed')
      expect(parseApiKey(text).kind).toBe('foreign')
    }),
  )
})

test('base32 is read back exactly, and in no other spelling', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (data) => {
      expect(decodeBase32(encodeBase32(data))).toEqual(data)
    }),
  )
  for (const text of ['A', 'a', 'aaa', 'ab', 'aa=', 'aaaaaa', '1']) expect(decodeBase32(text)).toBeUndefined()
})
