import { Facts, type IssueTokenRequest } from '@gatehouse/contracts/token/v1/token_service'
import { afterEach, expect, test } from 'vitest'
import { type Authorizing, authorizing } from '../../test/authorizing.ts'
import { createProver } from '../../test/prover.ts'

let gateway: Authorizing
afterEach(() => gateway.close())

const grant = { grant_type: 'client_credentials' }

async function start() {
  const asked: IssueTokenRequest[] = []
  gateway = await authorizing({
    async issueToken(request) {
      asked.push(request)
      const value = {
        ...{ accessToken: 't', tokenType: 'DPoP', expiresIn: 60n, scope: '', refreshToken: '', idToken: '' },
        ...{ issuedTokenType: '', authorizationDetails: '' },
      }
      return { result: { $case: 'issued', value }, facts: { ...Facts.create(), reason: 'ok' } }
    },
  })
  const htu = `http://127.0.0.1:${gateway.port}/oauth2/v2/token`
  return { asked, htu }
}

test('a proof is asked for our nonce first, then its key is what tokens are bound to, once', async () => {
  const { asked, htu } = await start()
  const prover = createProver()
  const claims = { htu, htm: 'POST' }
  const first = await gateway.post('/oauth2/v2/token', grant, { dpop: prover.proof(claims) })
  expect([first.status, await first.json()]).toMatchObject([400, { error: 'use_dpop_nonce' }])
  const nonce = first.headers.get('dpop-nonce') ?? ''
  expect(nonce).not.toBe('')
  expect(first.headers.get('access-control-expose-headers')).toContain('DPoP-Nonce')
  expect(await gateway.record()).toMatchObject({ status_code: 'proof_nonce_required' })
  const proof = prover.proof({ ...claims, nonce })
  const second = await gateway.post('/oauth2/v2/token', grant, { dpop: proof })
  expect(second.status).toBe(200)
  expect(asked.map(({ endpoint }) => endpoint?.dpopThumbprint)).toEqual([prover.thumbprint])
  expect(await gateway.record()).toMatchObject({ status_code: 'ok' })
  const replayed = await gateway.post('/oauth2/v2/token', grant, { dpop: proof })
  expect([replayed.status, await replayed.json()]).toMatchObject([400, { error: 'invalid_dpop_proof' }])
  expect(await gateway.record()).toMatchObject({ status_code: 'proof_replayed' })
  expect(asked).toHaveLength(1)
})

test.each([
  ['of another method', { htm: 'GET' }],
  ['of another place', { htu: 'http://127.0.0.1:1/oauth2/v2/token' }],
  ['of yesterday', { iat: Math.floor(Date.now() / 1000) - 86_400 }],
  ['without jti', { jti: '' }],
])('a proof %s is none', async (_what, wrong) => {
  const { asked, htu } = await start()
  const answer = await gateway.post('/oauth2/v2/token', grant, {
    dpop: createProver().proof({ htu, htm: 'POST', ...wrong }),
  })
  expect([answer.status, await answer.json()]).toMatchObject([400, { error: 'invalid_dpop_proof' }])
  expect(await gateway.record()).toMatchObject({ status_code: 'proof_invalid' })
  expect(asked).toEqual([])
})
