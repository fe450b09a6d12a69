import { generateKeyPair, SignJWT } from 'jose'
import { expect, test } from 'vitest'
import { thumbprint } from '../jwk/thumbprint.ts'
import { readVerificationKey, type SignatureAlgorithm, signatureAlgorithms } from '../jwk/verification-key.ts'
import { type JwsRules, parseJws, unverifiedClaims } from './parse-jws.ts'
import { parseStrictObject } from './strict-json.ts'
import { verifyJws } from './verify-jws.ts'

const rules: JwsRules = { charsMax: 4096, algorithms: signatureAlgorithms, types: ['x'], parameters: ['jwk'] }

async function signed(alg: SignatureAlgorithm) {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  const jwk = (await crypto.subtle.exportKey('jwk', publicKey as never)) as Record<string, unknown>
  const { kty, crv, x, y, n, e } = jwk
  const text = await new SignJWT({ sub: 'a' })
    .setProtectedHeader({ alg, typ: 'x', jwk: JSON.parse(JSON.stringify({ kty, crv, x, y, n, e })) })
    .sign(privateKey)
  const jws = parseJws(text, rules)
  if (typeof jws === 'string') throw new Error(jws)
  return { jws, privateKey }
}

test.each(signatureAlgorithms)('what jose signs with %s is right, and under no other algorithm', async (alg) => {
  const { jws } = await signed(alg)
  for (const other of signatureAlgorithms) {
    const key = readVerificationKey(jws.header.jwk, other)
    if (other === alg) expect(verifyJws(jws, key!)).toEqual({ sub: 'a' })
    else if (key) expect(verifyJws(jws, key)).toBe('signature_invalid')
    const renamed = key && { ...jws, header: { ...jws.header, alg: other } }
    if (renamed && other !== alg) expect(verifyJws(renamed, key)).toBe('signature_invalid')
  }
  expect(unverifiedClaims(jws)).toEqual({ sub: 'a' })
})

test('a key with a private part, of another use or for another algorithm is none', async () => {
  const { jws } = await signed('ES256')
  const jwk = jws.header.jwk!
  expect(readVerificationKey(jwk, 'ES256')).toBeDefined()
  for (const change of [
    { d: jwk['x'] },
    { k: 'AAAA' },
    { alg: 'RS256' },
    { use: 'enc' },
    { key_ops: ['sign'] },
    { key_ops: 'verify' },
    { crv: 'P-384' },
    { kty: 'RSA' },
    { x: jwk['y'] },
    { x: `${jwk['x']}=` },
    { x: 1 },
  ]) {
    expect(readVerificationKey({ ...jwk, ...change }, 'ES256')).toBeUndefined()
  }
  for (const nothing of [undefined, null, 'x', [], {}]) expect(readVerificationKey(nothing, 'ES256')).toBeUndefined()
})

test('the thumbprint of RFC 7638 section 3.1', () => {
  const n =
    '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw'
  expect(thumbprint({ kty: 'RSA', n, e: 'AQAB', alg: 'RS256', kid: '2011-04-29' })).toBe(
    'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
  )
})

test.each([
  '{"a":{"b":1},"a":{"c":1,"d":2}}',
  `{"a":${'['.repeat(20)}${']'.repeat(20)}}`,
  '{"a":{"b":1,"b":2}}',
  '{"a":[{"b":1,"\\u0062":2}]}',
  '{"__proto__":1}',
  '[]',
  '1',
  '',
  '{',
  '\ufeff{}',
])('no strict JSON object: %s', (text) => {
  expect(parseStrictObject(text)).toBeUndefined()
})

test('the same name in two objects, and text that looks like names, are fine', () => {
  const value = { a: { b: 1 }, c: [{ b: 2 }, '"b":', { '"': 1, '\\': '\\"' }], d: '{"a":1,"a":2}' }
  expect(parseStrictObject(JSON.stringify(value, undefined, ' '))).toEqual(value)
})
