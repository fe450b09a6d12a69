import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { beforeEach, describe, expect, test } from 'vitest'
import { jwtThreats, respellings } from '../../test/jwt-threats.ts'
import { audience, claims, createSigner, issuer, type Signer } from '../../test/signer.ts'
import { readVerificationKey, type VerificationKey } from '../jwk/verification-key.ts'
import { createTokenVerifier, type TokenVerifier } from './token-verifier.ts'

const signer = createSigner()
const rsaSigner = createSigner('RS256')
const retired = createSigner()
const foreign = createSigner()

let keys: Map<string, VerificationKey>
let verifier: TokenVerifier
let asked: string[]
beforeEach(() => {
  keys = new Map([signer, rsaSigner].map(({ kid, publicJwk, alg }) => [kid, readVerificationKey(publicJwk, alg)!]))
  verifier = createTokenVerifier()
  asked = []
})

const key = (kid: string) => {
  asked.push(kid)
  return keys.get(kid)
}
const verify = (text: string, over: object = {}) =>
  verifier.verify(text, { issuer, key, audiences: [audience], nowMs: Date.now(), ...over })

test.each([signer, rsaSigner])('a token of ours is taken, with what it says', (by) => {
  const said = claims({
    scope: 'read write',
    sub: 'u1',
    grant_id: 'g1',
    origin_jtis: ['j0'],
    cnf: { jkt: 'a'.repeat(43) },
  })
  expect(verify(by.token(said))).toEqual({
    kind: 'verified',
    token: {
      ...{ issuer, subject: 'u1', audience, clientId: 'c1', userId: 'u1', tokenId: said['jti'], grantId: 'g1' },
      ...{ issuedAt: said['iat'], expiresAt: said['exp'], scopes: ['read', 'write'], subscriptionId: 's1' },
      ...{ originTokenIds: ['j0'], confirmation: { method: 'dpop', thumbprint: 'a'.repeat(43) }, claims: said },
    },
  })
})

test('a client that acts for itself is no user', () => {
  expect(verify(signer.token())).toMatchObject({ token: { clientId: 'c1', userId: undefined, scopes: ['read'] } })
})

/** The tokens below are looked at when they were made: a machine that is busy in between makes none too old. */
const madeAt = now()
const rightly: [string, string][] = [
  ['application/at+jwt', signer.token({}, { typ: 'application/at+jwt' })],
  ['without scope', signer.token({ scope: undefined })],
  ['bound to a certificate', signer.token({ cnf: { 'x5t#S256': 'b'.repeat(43) } })],
  ['59 s after its end', signer.token({ iat: madeAt - 600, exp: madeAt - 59 })],
  ['59 s before its time', signer.token({ iat: madeAt + 59 })],
  ['of a whole day', signer.token({ iat: madeAt, exp: madeAt + 86_400 })],
]
test.each(rightly)('taken: %s', (_, text) => {
  expect(verify(text, { nowMs: madeAt * 1000 })).toMatchObject({ kind: 'verified' })
})

describe('threats (RFC 8725, RFC 9068)', () => {
  test.each(jwtThreats(signer, retired, foreign, 'http://127.0.0.1:1'))('refused: $name', ({ text, fault }) => {
    expect(verify(text)).toEqual({ kind: 'refused', fault })
    // One for another audience is right all the same; everything else costs no memory.
    if (fault !== 'token_audience_wrong') expect(verifier.bytes).toBe(0)
  })

  test('10,000 unknown key ids: each is asked for once, no signature is checked, nothing kept', () => {
    const [, payload, signature] = signer.token().split('.')
    const before = process.cpuUsage()
    const floods: string[] = []
    for (let n = 0; n < 10_000; n++) {
      const header = Buffer.from(JSON.stringify({ alg: 'ES256', typ: 'at+jwt', kid: `k${n}` })).toString('base64url')
      const result = verify(`${header}.${payload}.${signature}`)
      floods.push(result.kind === 'refused' ? result.fault : 'taken')
    }
    const { user, system } = process.cpuUsage(before)
    expect(new Set(floods)).toEqual(new Set(['token_key_unknown']))
    expect(asked).toHaveLength(10_000)
    expect(verifier.bytes).toBe(0)
    // Signature checks alone would take at least 600 ms of the processor.
    expect(user + system).toBeLessThan(500_000)
  })

  test.each([
    ['RSA of 1024 bits', () => createSigner('RS256', generateKeyPairSync('rsa', { modulusLength: 1024 }))],
    [
      'RSA with e = 3',
      () => createSigner('RS256', generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 })),
    ],
    ['P-384', () => createSigner('ES256', generateKeyPairSync('ec', { namedCurve: 'P-384' }))],
  ])('no key: %s', (_, make) => {
    const { publicJwk, alg } = make()
    expect(readVerificationKey(publicJwk, alg)).toBeUndefined()
  })
})

describe('remembered', () => {
  test('the same text is answered with the same claims, and no signature is checked', () => {
    const token = signer.token()
    const first = verify(token)
    expect(verify(`${token}`)).toBe(first)
  })

  test.each(respellings(signer.token()))('beside a right token: $name is refused', ({ text }) => {
    expect(verify(text)).toMatchObject({ kind: 'refused' })
  })

  test('a remembered token dies with its time, its key and outside its issuer', () => {
    const token = signer.token()
    expect(verify(token)).toMatchObject({ kind: 'verified' })
    expect(verify(token, { nowMs: Date.now() + 661_000 })).toEqual({ kind: 'refused', fault: 'token_expired' })
    expect(verify(token, { issuer: 'https://other.test' })).toEqual({ kind: 'refused', fault: 'token_issuer_wrong' })
    expect(verify(token, { audiences: ['https://gateway.test/other'] })).toMatchObject({
      fault: 'token_audience_wrong',
    })
    expect(verify(token)).toMatchObject({ kind: 'verified' })
    keys.delete(signer.kid)
    expect(verify(token)).toEqual({ kind: 'refused', fault: 'token_key_unknown' })
  })

  test('the budget holds, and what is asked for stays', () => {
    verifier = createTokenVerifier({ bytesMax: 100_000 })
    const asked = signer.token()
    const first = verify(asked)
    for (let n = 0; n < 60; n++) {
      verify(signer.token())
      expect(verify(asked)).toBe(first)
      expect(verifier.bytes).toBeLessThanOrEqual(100_000)
    }
  })
})

describe('beside jose', () => {
  const jwks = createLocalJWKSet({ keys: [{ ...signer.publicJwk, kid: signer.kid }] as never })
  const options = {
    issuer,
    audience,
    typ: 'at+jwt',
    algorithms: ['ES256'],
    requiredClaims: ['exp'],
    clockTolerance: 60,
  }
  const joseTakes = (token: string) =>
    jwtVerify(token, jwks, options).then(
      () => true,
      () => false,
    )

  test('nothing is taken here that jose refuses, whatever is changed', async () => {
    let taken = 0
    await fc.assert(
      fc.asyncProperty(mutations(signer), async (token) => {
        if (verify(token).kind !== 'verified') return
        taken++
        expect(await joseTakes(token)).toBe(true)
      }),
      { numRuns: 800 },
    )
    expect(taken).toBeGreaterThan(30)
  })
})

function mutations(by: Signer): fc.Arbitrary<string> {
  const value = fc.oneof(
    fc.constantFrom(undefined, null, '', issuer, audience, 'at+jwt', 'ES256', now() + 100, now() - 100, 1e300),
    fc.jsonValue({ maxDepth: 2 }),
  )
  const changed = (names: readonly string[]) =>
    fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 2 }) as fc.Arbitrary<Record<string, unknown>>
  const signed = fc
    .tuple(
      changed(['iss', 'sub', 'aud', 'client_id', 'jti', 'iat', 'exp', 'nbf', 'scope', 'cnf', 'other', '__proto__']),
      changed(['alg', 'typ', 'kid', 'crit', 'b64', 'jwk', 'x']),
    )
    .map(([over, header]) => by.token(over, header))
  const cut = fc.tuple(fc.nat(), fc.string({ maxLength: 3 }), fc.nat(3)).map(([at, text, removed]) => {
    const token = by.token()
    const from = at % token.length
    return token.slice(0, from) + text + token.slice(from + removed)
  })
  return fc.oneof(signed, cut)
}

function now(): number {
  return Math.floor(Date.now() / 1000)
}
