import assert from 'node:assert/strict'
import {
  createTokenVerifier,
  readVerificationKey,
  type TokenVerifier,
  type VerificationKey,
} from '@gatehouse/token-verifier'
import fc from 'fast-check'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { audience, claims, createSigner, encode, issuer } from '../../packages/token-verifier/test/signer.ts'
import { fuzz } from './fuzz.ts'

const signers = [createSigner('ES256'), createSigner('RS256')]
const keys = new Map<string, VerificationKey>()
for (const { kid, publicJwk, alg } of signers) keys.set(kid, readVerificationKey(publicJwk, alg)!)
const reference = createLocalJWKSet({
  keys: signers.map(({ publicJwk, kid, alg }) => ({ ...publicJwk, kid, alg })) as never,
})

const verify = (verifier: TokenVerifier, text: string) =>
  verifier.verify(text, { issuer, key: (kid) => keys.get(kid), audiences: [audience], nowMs: Date.now() })

// One verifier for the mutations of all: what it remembers must not open the door to what is merely like it.
const verifier = createTokenVerifier()
const good = signers.flatMap((signer) =>
  [{}, { scope: '' }, { sub: 'u1', grant_id: 'g1' }, { cnf: { jkt: 'a'.repeat(43) } }].map((over) =>
    signer.token({ ...over, exp: Math.floor(Date.now() / 1000) + 80_000 }),
  ),
)
for (const text of good) assert.equal(verify(verifier, text).kind, 'verified')

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const character = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...alphabet) },
  fc.constantFrom(...'.=+/ \t\n\0é\u212a\uff0e', '..', '==', '%2e'),
)
const change = fc.record({
  at: fc.nat(999),
  kind: fc.constantFrom('replace', 'insert', 'remove', 'cut', 'swap', 'append', 'part'),
  by: character,
  other: fc.nat(good.length - 1),
})
type Change = typeof change extends fc.Arbitrary<infer Value> ? Value : never

function mutate(text: string, { at, kind, by, other }: Change): string {
  const place = Math.floor((at * text.length) / 1000)
  const parts = text.split('.')
  const others = (good[other] ?? '').split('.')
  switch (kind) {
    case 'replace':
      return text.slice(0, place) + by + text.slice(place + 1)
    case 'insert':
      return text.slice(0, place) + by + text.slice(place)
    case 'remove':
      return text.slice(0, place) + text.slice(place + 1)
    case 'cut':
      return text.slice(0, place)
    case 'swap':
      return text.slice(0, place) + [...text.slice(place, place + 2)].reverse().join('') + text.slice(place + 2)
    case 'append':
      return at % 2 ? text + by : by + text
    default:
      return parts.map((part, index) => (index === at % 3 ? (others[index] ?? '') : part)).join('.')
  }
}

const mutants = fc.tuple(fc.nat(good.length - 1), fc.array(change, { minLength: 1, maxLength: 3 }))
fuzz(
  'token: no mutation of a good token is taken, but for what is byte for byte a good one',
  [mutants],
  ([which, changes]) => {
    const text = changes.reduce(mutate, good[which] ?? '')
    assert.equal(verify(verifier, text).kind, good.includes(text) ? 'verified' : 'refused')
  },
  { share: 0.9 },
)

const now = () => Math.floor(Date.now() / 1000)
const time = fc.constantFrom<unknown>(
  -1e9,
  -100,
  -61,
  -30,
  0,
  30,
  61,
  600,
  86_400,
  90_000,
  1e15,
  0.5,
  '1',
  null,
  undefined,
)
const text = fc.constantFrom<unknown>(
  '',
  'c1',
  issuer,
  `${issuer}/`,
  audience,
  [audience],
  [audience, 'x'],
  1,
  null,
  {},
  'a b',
  '\0',
)
const spelt = fc.constantFrom(
  ' ',
  '\n',
  '"iss":"x",',
  '"__proto__":{"sub":"x"},',
  '"a":{"b":1,"b":2},',
  '"\\u0069ss":"x",',
  '"x":1e400,',
)
const headerParts = fc.constantFrom<object>(
  ...[{}, {}, {}, { typ: 'JWT' }, { typ: 'application/at+jwt' }, { typ: undefined }, { alg: 'none' }, { alg: 'HS256' }],
  ...[
    { crit: ['exp'] },
    { b64: false },
    { kid: undefined },
    { kid: 'x' },
    { jwk: {} },
    { typ: 'AT+JWT' },
    { cty: 'JWT' },
  ],
)
const over = fc.option(
  fc.oneof(
    fc.record({ name: fc.constantFrom('exp', 'iat', 'nbf'), value: time }),
    fc.record({
      name: fc.constantFrom('iss', 'aud', 'sub', 'client_id', 'jti', 'scope', 'cnf', 'origin_jtis'),
      value: text,
    }),
  ),
)

fuzz(
  'token: what is signed and taken, jose takes too',
  [fc.nat(1), headerParts, fc.array(over, { maxLength: 3 }), fc.option(spelt)],
  async (which, header, changes, spelling) => {
    const signer = signers[which]!
    const said: Record<string, unknown> = { ...claims() }
    for (const each of changes) {
      if (!each) continue
      const { name, value } = each
      said[name] = ['exp', 'iat', 'nbf'].includes(name) && typeof value === 'number' ? now() + value : value
    }
    const json = spelling === null ? JSON.stringify(said) : JSON.stringify(said).replace('{', `{${spelling}`)
    const token = signer.jws({ alg: signer.alg, typ: 'at+jwt', kid: signer.kid, ...header }, json)
    assert.equal(token.split('.')[1], encode(json))
    const ours = verify(createTokenVerifier(), token)
    if (ours.kind === 'refused') return
    const { payload } = await jwtVerify(token, reference, {
      issuer,
      audience,
      clockTolerance: 61,
      algorithms: ['ES256', 'RS256'],
    })
    assert.deepEqual(ours.token.claims, payload)
  },
  { share: 0.1 },
)
