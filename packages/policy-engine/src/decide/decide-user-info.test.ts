import { ClientState } from '@gatehouse/contracts/credential/v1/client'
import { SubscriptionState } from '@gatehouse/contracts/credential/v1/subscription'
import { Issuer, TokenForm, TokenSettings } from '@gatehouse/contracts/policy/v1/token_settings'
import type { AccessToken } from '@gatehouse/token-verifier'
import { expect, test } from 'vitest'
import { api, environment, operation, views } from '../../test/policy-fixture.ts'
import { compilePolicy } from '../compile/policy-table.ts'
import { decideUserInfo } from './decide-user-info.ts'
import type { CredentialViews, RevocationViews } from './facts.ts'

const issuer = 'https://id.example'
const tokens = (form: TokenForm) => ({ tokens: { ...TokenSettings.create(), form } })
const apis = [
  api('orders', [operation('GET /')], tokens(TokenForm.TOKEN_FORM_JWT)),
  api('hidden', [operation('GET /')], tokens(TokenForm.TOKEN_FORM_PHANTOM)),
  api('plain', [operation('GET /')]),
]
const environments = [environment('alpha', ['*'], { issuer: { ...Issuer.create(), url: issuer } })]
const policy = compilePolicy({ environments, apis, plans: [] })

const token: AccessToken = {
  ...{ issuer, subject: 'user-1', audience: issuer, clientId: 'client-1', tokenId: 'jti', userId: 'user-1' },
  ...{ issuedAt: 1000, expiresAt: 2000, scopes: ['openid'], subscriptionId: undefined, grantId: 'grant-1' },
  ...{ originTokenIds: [], confirmation: undefined, claims: {} },
}
const ofApi: Partial<AccessToken> = { audience: `${issuer}/orders`, subscriptionId: 'subscription-1' }
const revocations: RevocationViews = {
  ...{ token: undefined, grant: undefined, user: undefined },
  ...{ clientCutoff: undefined, userCutoff: undefined, environmentCutoff: undefined },
}

function decided(over: Partial<AccessToken> = {}, facts: Partial<CredentialViews> = {}, shownAsJwt = true) {
  const alpha = policy.environment('alpha')!
  const read = { ...views, apiKey: undefined, revocations, ...facts }
  return decideUserInfo({ environment: alpha, token: { ...token, ...over }, shownAsJwt }, read, 1_500_000)
}

test('a token for the issuer itself opens it, without any subscription', () => {
  expect(decided({}, { subscription: undefined })).toBe('ok')
})

test('a token for an API opens it, in the form that clients of the API hold', () => {
  expect(decided(ofApi)).toBe('ok')
  expect(decided(ofApi, {}, false)).toBe('token_form_wrong')
  expect(decided({ ...ofApi, audience: `${issuer}/hidden` }, {}, false)).toBe('ok')
  expect(decided({ ...ofApi, audience: `${issuer}/hidden` })).toBe('token_form_wrong')
})

test.each([`${issuer}/`, `${issuer}/other`, `${issuer}/plain`, 'https://id.example.evil'])(
  '%s is not its audience',
  (audience) => {
    expect(decided({ audience })).toBe('token_audience_wrong')
  },
)

test('a client that acts for itself has no user to ask about', () => {
  expect(decided({ userId: undefined })).toBe('scope_missing')
})

const date = new Date(1_000_000)
const suspended = { ...views.client, state: ClientState.CLIENT_STATE_SUSPENDED }
const cancelled = { ...views.subscription, state: SubscriptionState.SUBSCRIPTION_STATE_CANCELLED }
const denials: [reason: string, facts: Partial<CredentialViews>][] = [
  ['token_state_unknown', { revocations: undefined }],
  ['token_revoked', { revocations: { ...revocations, token: { revokeTime: date, expireTime: date } } }],
  ['grant_revoked', { revocations: { ...revocations, grant: { revokeTime: date, expireTime: date } } }],
  ['user_suspended', { revocations: { ...revocations, user: { suspendTime: date } } }],
  ['token_cut_off', { revocations: { ...revocations, environmentCutoff: { before: date } } }],
  ['client_unknown', { client: undefined }],
  ['client_suspended', { client: suspended }],
  ['subscription_cancelled', { subscription: cancelled }],
]

test.each(denials)('%s', (reason, facts) => {
  expect(decided(ofApi, facts)).toBe(reason)
})
