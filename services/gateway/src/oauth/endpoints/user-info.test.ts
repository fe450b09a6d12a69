import { Facts, type GetUserInfoRequest } from '@gatehouse/contracts/token/v1/token_service'
import { afterEach, expect, test } from 'vitest'
import { audience, createSigner, issuer } from '../../../../../packages/token-verifier/test/signer.ts'
import { athOf, createProver } from '../../../test/prover.ts'
import { headerOf, statusOf, type TakingTokens, takingTokens } from '../../../test/taking-tokens.ts'

const signer = createSigner()
const path = '/oauth2/v2/userinfo'
const ofUser = { sub: 'u1', grant_id: 'g1', jti: 'j1', scope: 'openid profile' }
const ofIssuer = { ...ofUser, aud: issuer, subscription_id: undefined }

let gateway: TakingTokens
afterEach(() => gateway.close())

/** A gateway whose token service knows every user. */
async function start() {
  const asked: GetUserInfoRequest[] = []
  gateway = await takingTokens([signer], {
    async getUserInfo(request) {
      asked.push(request)
      const facts = { ...Facts.create(), reason: 'ok', userId: request.userId, clientId: request.clientId }
      return { result: { $case: 'body', value: `{"sub":"${request.userId}"}` }, facts }
    },
  })
  return asked
}

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })

test.each([
  ['GET', ofIssuer],
  ['POST', ofUser],
])('%s tells of the user of the token', async (method, claims) => {
  const asked = await start()
  const answer = await gateway.ask(path, bearer(signer.token(claims)), method)
  expect(answer).toMatch(/^HTTP\/1\.1 200 .*\{"sub":"u1"\}$/s)
  expect(headerOf(answer, 'access-control-allow-origin')).toEqual(['*'])
  expect(asked).toMatchObject([
    {
      userId: 'u1',
      clientId: 'c1',
      scopes: ['openid', 'profile'],
      endpoint: { environmentId: 'alpha', authorization: '' },
    },
  ])
  expect(await gateway.record()).toMatchObject({
    status_code: 'ok',
    actor: { app_uid: 'c1', user: { uid: 'u1' } },
    gatehouse: { operation: 'oauth2.userinfo', token_id: 'j1', grant_id: 'g1' },
  })
})

test('who shows no token learns how, and no error', async () => {
  await start()
  const answer = await gateway.ask(path)
  expect(statusOf(answer)).toBe(401)
  expect(headerOf(answer, 'www-authenticate')).toEqual([
    'Bearer realm="gatehouse"',
    expect.stringMatching(/^DPoP realm="gatehouse", algs="ES256 /),
  ])
  expect(await gateway.record()).toMatchObject({ status_code: 'credential_missing' })
})

const refused: [reason: string, claims: Record<string, unknown>, header?: Record<string, unknown>][] = [
  ['token_type_wrong', ofIssuer, { typ: 'JWT' }],
  ['token_issuer_wrong', { ...ofIssuer, iss: 'https://other.test' }],
  ['token_audience_wrong', { ...ofIssuer, aud: 'https://other.test/orders' }],
  ['token_form_wrong', { ...ofUser, aud: `${issuer}/opaque` }],
  ['token_expired', { ...ofIssuer, iat: 1000, exp: 2000 }],
]

test.each(refused)('%s is 401 invalid_token, and the token service is not asked', async (reason, claims, header) => {
  const asked = await start()
  const answer = await gateway.ask(path, bearer(signer.token(claims, header)))
  expect(statusOf(answer)).toBe(401)
  expect(headerOf(answer, 'www-authenticate')[0]).toBe('Bearer realm="gatehouse", error="invalid_token"')
  expect(answer).toMatch(/\{"error":"invalid_token"\}$/)
  expect(await gateway.record()).toMatchObject({ status_code: reason })
  expect(asked).toEqual([])
})

test('a client’s own token has no user: 403 insufficient_scope', async () => {
  await start()
  const answer = await gateway.ask(path, bearer(signer.token({ aud: audience })))
  expect([statusOf(answer), headerOf(answer, 'www-authenticate')[0]]).toEqual([
    403,
    'Bearer realm="gatehouse", error="insufficient_scope"',
  ])
})

test('what is revoked opens it no more', async () => {
  await start()
  const revoke: [reason: string, act: () => Promise<void>][] = [
    ['ok', async () => undefined],
    ['token_revoked', () => gateway.revoke.token('j1')],
  ]
  for (const [reason, act] of revoke) {
    await act()
    await gateway.ask(path, bearer(signer.token(ofIssuer)))
    expect(await gateway.record()).toMatchObject({ status_code: reason })
  }
})

test('a token that is bound to a key needs its proof, with our nonce', async () => {
  await start()
  const prover = createProver()
  const token = signer.token({ ...ofIssuer, cnf: { jkt: prover.thumbprint } })
  expect(statusOf(await gateway.ask(path, bearer(token)))).toBe(401)
  expect(await gateway.record()).toMatchObject({ status_code: 'proof_missing' })
  const claims = { htu: `https://a${path}`, ath: athOf(token) }
  const withProof = (more: object) => ({ Authorization: `DPoP ${token}`, DPoP: prover.proof({ ...claims, ...more }) })
  const first = await gateway.ask(path, withProof({}))
  expect(headerOf(first, 'www-authenticate')).toContainEqual(expect.stringContaining('error="use_dpop_nonce"'))
  expect(await gateway.record()).toMatchObject({ status_code: 'proof_nonce_required' })
  const [nonce] = headerOf(first, 'dpop-nonce')
  expect(statusOf(await gateway.ask(path, withProof({ nonce })))).toBe(200)
})

test('what the token service refuses has its challenge', async () => {
  gateway = await takingTokens([signer], {
    async getUserInfo() {
      const value = {
        error: 'insufficient_scope',
        errorDescription: 'the scope openid is required',
        status: 403,
        challenge: '',
      }
      return { result: { $case: 'refusal', value }, facts: { ...Facts.create(), reason: 'openid_scope_missing' } }
    },
  })
  const answer = await gateway.ask(path, bearer(signer.token(ofIssuer)))
  expect([statusOf(answer), headerOf(answer, 'www-authenticate')[0]]).toEqual([
    403,
    'Bearer realm="gatehouse", error="insufficient_scope"',
  ])
  expect(await gateway.record()).toMatchObject({ status_code: 'openid_scope_missing', gatehouse: { token_id: 'j1' } })
})
