import { afterEach, beforeEach, expect, test } from 'vitest'
import { createSigner } from '../../../../../packages/token-verifier/test/signer.ts'
import { athOf, createProver } from '../../../test/prover.ts'
import { headerOf, statusOf, type TakingTokens, takingTokens } from '../../../test/taking-tokens.ts'
import { createMemoryProofMemory } from '../../proofs/memory.ts'
import { createNonces } from '../../proofs/nonces.ts'
import { ProofMemoryUnavailable } from '../../proofs/proof-memory.ts'
import { createProofChecker } from './dpop.ts'

const signer = createSigner()
const prover = createProver()
const other = createProver()
const url = 'https://a/orders/items'
const now = () => Math.floor(Date.now() / 1000)

let gateway: TakingTokens
let token: string
beforeEach(async () => {
  gateway = await takingTokens([signer])
  token = signer.token({ cnf: { jkt: prover.thumbprint } })
})
afterEach(() => gateway.close())

async function ask(headers: Record<string, string>, path = '/orders/items') {
  const answer = await gateway.ask(path, headers)
  return { answer, status: statusOf(answer), reason: (await gateway.record()).status_code }
}

/** The nonce that the gateway asks for. */
async function nonce(): Promise<string> {
  const { answer } = await ask({ Authorization: `DPoP ${token}`, DPoP: prover.proof({ htu: url, ath: athOf(token) }) })
  return headerOf(answer, 'DPoP-Nonce')[0] ?? ''
}

test('without a nonce the client is told one, and with it the request is let in', async () => {
  const first = await ask({ Authorization: `DPoP ${token}`, DPoP: prover.proof({ htu: url, ath: athOf(token) }) })
  expect([first.status, first.reason]).toEqual([401, 'proof_nonce_required'])
  expect(headerOf(first.answer, 'WWW-Authenticate')[1]).toContain('DPoP realm="gatehouse", error="use_dpop_nonce"')
  const [told = ''] = headerOf(first.answer, 'DPoP-Nonce')
  const proof = prover.proof({ htu: url, ath: athOf(token), nonce: told })
  const second = await ask({ Authorization: `DPoP ${token}`, DPoP: proof })
  expect([second.status, second.reason]).toEqual([200, 'ok'])
  expect(gateway.upstream.requests[0]?.headers).not.toHaveProperty('dpop')
  expect(await ask({ Authorization: `DPoP ${token}`, DPoP: proof })).toMatchObject({
    status: 401,
    reason: 'proof_replayed',
  })
})

test('a phantom token is bound by its own text', async () => {
  const proof = prover.proof({ htu: url, ath: athOf('x'), nonce: await nonce() })
  expect(await ask({ Authorization: `DPoP ${token}`, DPoP: proof })).toMatchObject({ reason: 'proof_invalid' })
})

test.each<[string, Record<string, unknown>]>([
  ['of the URL with a query and a fragment', { htu: `${url}?a=b#c` }],
  ['of the URL with its default port', { htu: 'https://a:443/orders/items' }],
  ['of the URL in another case and encoding', { htu: 'HTTPS://A/orders/%69tems' }],
  ['by a clock that is four minutes wrong', { iat: now() - 240 }],
])('a proof %s is taken', async (_, over) => {
  const proof = prover.proof({ htu: url, ath: athOf(token), nonce: await nonce(), ...over })
  expect(await ask({ Authorization: `DPoP ${token}`, DPoP: proof })).toMatchObject({ status: 200 })
})

type Claims = Record<string, unknown>
test.each<[string, Claims, Claims?]>([
  ['of another method', { htm: 'POST' }],
  ['without method', { htm: undefined }],
  ['of another path', { htu: 'https://a/orders/written' }],
  ['of another host', { htu: 'https://b/orders/items' }],
  ['of another scheme', { htu: 'http://a/orders/items' }],
  ['of another port', { htu: 'https://a:444/orders/items' }],
  ['of no URL', { htu: '/orders/items' }],
  ['of a URL with a user', { htu: 'https://u@a/orders/items' }],
  ['of a path with dots', { htu: 'https://a/orders/x/..%2fitems' }],
  ['without URL', { htu: undefined }],
  ['of another token', { ath: athOf('x') }],
  ['of no token', { ath: undefined }],
  ['that is old', { iat: now() - 400 }],
  ['of a time to come', { iat: now() + 400 }],
  ['without time', { iat: undefined }],
  ['at infinity', { iat: 1e300 }],
  ['without jti', { jti: undefined }],
  ['with an empty jti', { jti: '' }],
  ['with a jti of 257 characters', { jti: 'j'.repeat(257) }],
  ['with a nonce that is no text', { nonce: 1 }],
  ['of another type', {}, { typ: 'JWT' }],
  ['not signed', {}, { alg: 'none' }],
  ['by HMAC', {}, { alg: 'HS256' }],
  ['without key', {}, { jwk: undefined }],
  ['with a key by URL', {}, { jku: 'http://127.0.0.1:1/' }],
  ['with the private key', {}, { jwk: prover.privateJwk }],
  ['with another key than it is signed by', {}, { jwk: other.jwk }],
  ['with a key of another curve', {}, { jwk: { ...prover.jwk, crv: 'P-384' } }],
  ['with crit', {}, { crit: ['x'] }],
])('refused: a proof %s', async (_, over, header) => {
  const proof = prover.proof({ htu: url, ath: athOf(token), nonce: await nonce(), ...over }, header)
  const { answer, status, reason } = await ask({ Authorization: `DPoP ${token}`, DPoP: proof })
  expect([status, reason]).toEqual([401, 'proof_invalid'])
  expect(headerOf(answer, 'WWW-Authenticate')[1]).toContain('error="invalid_dpop_proof"')
  expect(gateway.upstream.requests).toEqual([])
})

test.each<[string, string, () => Promise<Record<string, string>>]>([
  ['proof_missing', 'the token alone', async () => ({ Authorization: `DPoP ${token}` })],
  ['proof_missing', 'as a bearer token', async () => ({ Authorization: `Bearer ${token}` })],
  [
    'proof_missing',
    'as a bearer token with a right proof',
    async () => ({
      Authorization: `Bearer ${token}`,
      DPoP: prover.proof({ htu: url, ath: athOf(token), nonce: await nonce() }),
    }),
  ],
  [
    'proof_invalid',
    'a proof by another key',
    async () => ({
      Authorization: `DPoP ${token}`,
      DPoP: other.proof({ htu: url, ath: athOf(token), nonce: await nonce() }),
    }),
  ],
  [
    'proof_invalid',
    'two proofs',
    async () => {
      const made = async () => prover.proof({ htu: url, ath: athOf(token), nonce: await nonce() })
      return { Authorization: `DPoP ${token}`, DPoP: `${await made()}\r\nDPoP: ${await made()}` }
    },
  ],
  [
    'proof_invalid',
    'a token that is bound to no key',
    async () => ({
      Authorization: `DPoP ${signer.token()}`,
      DPoP: prover.proof({ htu: url, nonce: await nonce() }),
    }),
  ],
  [
    'proof_nonce_required',
    'an invented nonce',
    async () => ({
      Authorization: `DPoP ${token}`,
      DPoP: prover.proof({ htu: url, ath: athOf(token), nonce: `${Math.floor(Date.now() / 150_000)}.x` }),
    }),
  ],
])('%s: %s', async (expected, _, headers) => {
  const { status, reason } = await ask(await headers())
  expect([status, reason]).toEqual([401, expected])
  expect(gateway.upstream.requests).toEqual([])
})

test('an API that wants bound tokens takes no other', async () => {
  await gateway.put.subscription({ apiId: 'bound' })
  const loose = signer.token({ aud: 'https://gateway.test/bound' })
  expect(await ask({ Authorization: `Bearer ${loose}` }, '/bound/items')).toMatchObject({ reason: 'proof_missing' })
})

test('50 parallel uses of one proof have one winner', async () => {
  const headers = {
    Authorization: `DPoP ${token}`,
    DPoP: prover.proof({ htu: url, ath: athOf(token), nonce: await nonce() }),
  }
  const answers = await Promise.all(Array.from({ length: 50 }, () => gateway.ask('/orders/items', headers)))
  expect(answers.map(statusOf).filter((status) => status === 200)).toHaveLength(1)
  expect(gateway.upstream.requests).toHaveLength(1)
})

test('a nonce is good for two periods, at every gateway of one memory', async () => {
  const memory = createMemoryProofMemory()
  const [one, two] = [createNonces(memory), createNonces(memory)]
  const start = 150_000 * 1000
  const issued = await one.issue(start)
  for (const at of [start, start + 299_999]) expect(await two.accepts(issued, at)).toBe(true)
  expect(await two.accepts(issued, start + 300_000)).toBe(false)
  for (const nonce of [
    '',
    '.',
    '1000.',
    `1000.${issued.slice(5, -1)}A`,
    issued.slice(1),
    `${issued}x`,
    'NaN.x',
    '1e3.x',
  ])
    expect(await two.accepts(nonce, start)).toBe(nonce === issued)
})

test('a memory that does not answer: nothing is known of the proof, the check rejects', async () => {
  const memory = {
    ...createMemoryProofMemory(),
    firstUse: () => Promise.reject(new ProofMemoryUnavailable('away')),
  }
  const checker = createProofChecker(memory, createNonces(memory))
  const proof = prover.proof({ htu: url, nonce: await checker.nonce(Date.now()) })
  const request = { proof, method: 'GET', origin: 'https://a', path: '/orders/items' }
  await expect(checker.check(request, { nowMs: Date.now() })).rejects.toBeInstanceOf(ProofMemoryUnavailable)
})
