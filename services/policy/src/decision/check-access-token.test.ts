import { ClientState } from '@gatehouse/contracts/credential/v1/client'
import { SubscriptionState } from '@gatehouse/contracts/credential/v1/subscription'
import { Api, ApiState, SecurityScheme } from '@gatehouse/contracts/policy/v1/api'
import { Environment } from '@gatehouse/contracts/policy/v1/environment'
import { Plan } from '@gatehouse/contracts/policy/v1/plan'
import { Issuer, TokenForm, TokenSettings } from '@gatehouse/contracts/policy/v1/token_settings'
import { ClientView, RevocationView, SigningKeyView, SubscriptionView } from '@gatehouse/contracts/read_model/v1/views'
import { createAccessTokens, type ResolveReferenceToken, type SigningKeys } from '@gatehouse/decision-state'
import { compilePolicy } from '@gatehouse/policy-engine'
import { createMemoryModel, createViewCache } from '@gatehouse/read-model'
import { referenceTokenId, splitToken } from '@gatehouse/token-verifier'
import { beforeEach, expect, test } from 'vitest'
import { createSigner, issuer } from '../../../../packages/token-verifier/test/signer.ts'
import { operation } from '../domain/api/api.fixture.ts'
import { check } from './check.ts'

const signer = createSigner()
const { publicJwk, kid } = signer
const signingKey: SigningKeyView = {
  ...SigningKeyView.create(),
  keyId: kid,
  algorithm: 1,
  publicJwk: JSON.stringify(publicJwk),
}
const security = [{ requirements: [{ scheme: SecurityScheme.SECURITY_SCHEME_OAUTH2, scopes: ['read'] }] }]

let ask: (text: string, apiId?: string) => Promise<string>
let put: (key: string, value: Uint8Array) => Promise<void>
let failures: unknown[]
let resolve: ResolveReferenceToken

beforeEach(async () => {
  failures = []
  resolve = async () => ({ referenceToken: undefined })
  const model = createMemoryModel()
  const credentials = createViewCache({ model })
  model.follow((change) => credentials.onChange(change))
  let after = 0n
  put = async (key, value) => {
    const writes = [{ key, state: 'live', version: after + 1n, value } as const]
    await model.apply({ source: 'token', after, upTo: after + 1n, writes, recordTime: new Date() })
    after += 1n
  }
  const orders = { ...Api.create(), environmentId: 'alpha', state: ApiState.API_STATE_PUBLISHED, version: 1n }
  const operations = [operation('read', 'GET /orders/{id}', { security })]
  const tokens = (over: Partial<TokenSettings> = {}) => ({ ...TokenSettings.create(), ...over })
  const table = compilePolicy({
    environments: [
      { ...Environment.create(), environmentId: 'alpha', issuer: { ...Issuer.create(), url: issuer }, version: 1n },
    ],
    apis: [
      { ...orders, apiId: 'orders', operations, tokens: tokens() },
      {
        ...orders,
        apiId: 'split',
        operations,
        tokens: tokens({ form: TokenForm.TOKEN_FORM_SPLIT, resource: `${issuer}/orders` }),
      },
    ],
    plans: [{ ...Plan.create(), planId: 'gold', environmentId: 'alpha', version: 1n }],
  })
  const state = { policy: () => table, credentials, stalenessMs: () => 0, provenStalenessMs: () => 0 }
  const signingKeys = (): SigningKeys => ({
    of: () => [signingKey],
    find: (_, id) => (id === kid ? signingKey : undefined),
  })
  const accessTokens = createAccessTokens({
    state: { signingKeys, catchUp: async () => true },
    views: credentials,
    resolve: (request) => resolve(request),
  })
  const ids = { environmentId: 'alpha', clientId: 'c1', version: 1n }
  const client = { ...ClientView.create(), ...ids, state: ClientState.CLIENT_STATE_ACTIVE }
  const subscription = (apiId: string) => ({
    ...{ ...SubscriptionView.create(), ...ids, subscriptionId: 's1', apiId, planId: 'gold', scopes: ['read'] },
    state: SubscriptionState.SUBSCRIPTION_STATE_ACTIVE,
  })
  await put('client/c1', ClientView.encode(client).finish())
  ask = async (text, apiId = 'orders') => {
    await put('subscription/s1', SubscriptionView.encode(subscription(apiId)).finish())
    const question = { environmentId: 'alpha', method: 'GET', path: `/${apiId}/orders/1`, clientIp: '' }
    const credential = { kind: 'access_token', text } as const
    const verdict = await check({ state, accessTokens }, { ...question, credential }, (error) => failures.push(error))
    return verdict.reason
  }
})

test('a token that is in order', async () => {
  expect(await ask(signer.token())).toBe('ok')
})

test.each<[string, string]>([
  ['token_malformed', 'x.y'],
  ['token_unknown', 'x'],
  ['token_key_unknown', createSigner().token()],
  ['token_audience_wrong', signer.token({ aud: `${issuer}/others` })],
  ['scope_missing', signer.token({ scope: 'write' })],
  ['proof_missing', signer.token({ cnf: { jkt: 'a'.repeat(43) } })],
  ['certificate_mismatch', signer.token({ cnf: { 'x5t#S256': 'a'.repeat(43) } })],
])('%s', async (reason, text) => {
  expect(await ask(text)).toBe(reason)
  expect(failures).toEqual([])
})

test('a revoked token', async () => {
  const token = signer.token({ jti: 'j1' })
  expect(await ask(token)).toBe('ok')
  await put('revoked_token/alpha/j1', RevocationView.encode(RevocationView.create()).finish())
  expect(await ask(token)).toBe('token_revoked')
})

test('a split token: the token service is asked; when it is away nothing is known', async () => {
  const { text, content } = splitToken(signer.token())
  const form = TokenForm.TOKEN_FORM_SPLIT
  const found = { tokenId: referenceTokenId(text), environmentId: 'alpha', form, content, expireTime: undefined }
  resolve = () => Promise.reject(new Error('away'))
  expect(await ask(text, 'split')).toBe('token_service_unavailable')
  resolve = async () => ({ referenceToken: found })
  expect(await ask(text, 'split')).toBe('ok')
  expect(await ask(signer.token(), 'split')).toBe('token_form_wrong')
})
