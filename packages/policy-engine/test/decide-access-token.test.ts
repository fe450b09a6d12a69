import { ClientState } from '@gatehouse/contracts/credential/v1/client'
import { SubscriptionState } from '@gatehouse/contracts/credential/v1/subscription'
import { SecurityScheme } from '@gatehouse/contracts/policy/v1/api'
import { Issuer, type TokenForm, TokenSettings } from '@gatehouse/contracts/policy/v1/token_settings'
import { CutoffView, RevocationView, SuspensionView } from '@gatehouse/contracts/read_model/v1/views'
import type { AccessToken } from '@gatehouse/token-verifier'
import { describe, expect, test } from 'vitest'
import {
  type CredentialViews,
  compilePolicy,
  decide,
  match,
  type PresentedCredential,
  type Principal,
  type RevocationViews,
} from '../src/index.ts'
import { api, environment, views as keyViews, operation, plan } from './policy-fixture.ts'

const issuer = 'https://gateway.example'
const nowMs = Date.UTC(2026, 10, 23)
const issuedAt = nowMs / 1000 - 100
const revoked = RevocationView.create()
const cutoff = (seconds: number | undefined) => ({
  ...CutoffView.create(),
  before: seconds === undefined ? undefined : new Date(seconds * 1000),
})
const need = (scheme: SecurityScheme, ...scopes: string[]) => ({ requirements: [{ scheme, scopes }] })
const { SECURITY_SCHEME_API_KEY, SECURITY_SCHEME_OAUTH2 } = SecurityScheme

const token: AccessToken = {
  ...{ issuer, subject: 'user-1', userId: 'user-1', audience: `${issuer}/orders`, clientId: 'client-1' },
  ...{ tokenId: 'jti-1', issuedAt, expiresAt: issuedAt + 600, scopes: ['orders:read'] },
  ...{ subscriptionId: 'subscription-1', grantId: 'grant-1', originTokenIds: [], confirmation: undefined, claims: {} },
}
const noRevocations: RevocationViews = {
  ...{ token: undefined, grant: undefined, user: undefined },
  ...{ clientCutoff: undefined, userCutoff: undefined, environmentCutoff: undefined },
}
const views: CredentialViews = { ...keyViews, apiKey: undefined, revocations: noRevocations }

interface Case {
  readonly token?: Partial<AccessToken>
  readonly views?: Partial<CredentialViews>
  readonly revocations?: Partial<RevocationViews>
  readonly settings?: Partial<TokenSettings> | undefined
  readonly issuer?: string | undefined
  readonly security?: ReturnType<typeof need>[]
  readonly credential?: PresentedCredential
}

function decideCase(given: Case) {
  const security = given.security ?? [need(SECURITY_SCHEME_OAUTH2, 'orders:read')]
  const url = 'issuer' in given ? given.issuer : issuer
  const settings = 'settings' in given ? given.settings : {}
  const tokens = settings && { ...TokenSettings.create(), ...settings }
  const policy = compilePolicy({
    environments: [
      environment('alpha', ['*'], { issuer: url === undefined ? undefined : { ...Issuer.create(), url } }),
    ],
    apis: [api('orders', [operation('GET /', { security })], { tokens })],
    plans: [plan('gold')],
  })
  const facts = {
    match: match(policy, { host: 'any', method: 'GET', path: '/orders' }),
    credential: given.credential ?? { kind: 'access_token' as const, token: { ...token, ...given.token } },
    clientIp: '',
  }
  const revocations = { ...noRevocations, ...given.revocations }
  return decide(facts, { ...views, revocations, ...given.views }, nowMs)
}

test('a token that is in order: who calls, for whom, with which token', () => {
  const principal: Principal = {
    ...{ scheme: SECURITY_SCHEME_OAUTH2, authMethod: 'access_token', credentialId: undefined },
    ...{ clientId: 'client-1', subscriptionId: 'subscription-1', scopes: ['orders:read'] },
    ...{ userId: 'user-1', tokenId: 'jti-1', grantId: 'grant-1' },
  }
  expect(decideCase({})).toEqual({ allowed: true, reason: 'ok', principal })
})

describe('refused', () => {
  const client = (over: Partial<typeof keyViews.client>) => ({ views: { client: { ...keyViews.client, ...over } } })
  const subscription = (over: Partial<typeof keyViews.subscription>) => ({
    views: { subscription: { ...keyViews.subscription, ...over } },
  })
  test.each<[string, Case]>([
    ['token_expired', { credential: { kind: 'refused_token', reason: 'token_expired' } }],
    ['credential_missing', { credential: { kind: 'none' } }],
    ['credential_ambiguous', { credential: { kind: 'ambiguous' } }],
    ['token_audience_wrong', { token: { audience: `${issuer}/orders/` } }],
    ['token_audience_wrong', { token: { audience: issuer } }],
    ['token_audience_wrong', { settings: { resource: 'urn:orders' } }],
    ['proof_missing', { settings: { senderConstrained: true } }],
    ['token_revoked', { revocations: { token: revoked } }],
    ['grant_revoked', { revocations: { grant: revoked } }],
    ['user_suspended', { revocations: { user: SuspensionView.create() } }],
    ['token_state_unknown', { views: { revocations: undefined } }],
    ['token_cut_off', { revocations: { clientCutoff: cutoff(issuedAt) } }],
    ['token_cut_off', { revocations: { userCutoff: cutoff(issuedAt + 1) } }],
    ['token_cut_off', { revocations: { environmentCutoff: cutoff(undefined) } }],
    ['token_cut_off', { revocations: { environmentCutoff: cutoff(Number.NaN) } }],
    ['token_cut_off', client({ revokedBefore: new Date(issuedAt * 1000) })],
    ['client_unknown', { views: { client: undefined } }],
    ['credential_mismatch', client({ clientId: 'client-2' })],
    ['credential_mismatch', client({ environmentId: 'beta' })],
    ['client_suspended', client({ state: ClientState.CLIENT_STATE_SUSPENDED })],
    ['client_deleted', client({ state: ClientState.CLIENT_STATE_DELETED })],
    ['client_state_unknown', client({ state: 9 as ClientState })],
    ['subscription_unknown', { views: { subscription: undefined } }],
    ['credential_mismatch', { token: { subscriptionId: undefined } }],
    ['credential_mismatch', subscription({ clientId: 'client-2' })],
    ['subscription_suspended', subscription({ state: SubscriptionState.SUBSCRIPTION_STATE_SUSPENDED })],
    ['subscription_cancelled', subscription({ state: SubscriptionState.SUBSCRIPTION_STATE_CANCELLED })],
    ['api_not_entitled', subscription({ apiId: 'items' })],
    ['plan_unknown', subscription({ planId: 'silver' })],
    ['operation_not_entitled', subscription({ operations: ['PUT /'] })],
    ['scope_missing', subscription({ scopes: ['orders:write'] })],
    ['scope_missing', { token: { scopes: [] } }],
    ['scope_missing', { security: [need(SECURITY_SCHEME_OAUTH2, 'orders:read', 'orders:write')] }],
    ['security_unsatisfied', { security: [need(SECURITY_SCHEME_API_KEY)] }],
    ['security_unsupported', { settings: undefined }],
    ['security_unsupported', { issuer: undefined }],
    ['security_unsupported', { settings: { form: 9 as TokenForm } }],
  ])('%s', (reason, given) => {
    expect(decideCase(given)).toMatchObject({ allowed: false, reason })
  })
})

test('what was issued after every cut-off is taken', () => {
  const earlier = cutoff(issuedAt - 1)
  const revocations = { clientCutoff: earlier, userCutoff: earlier, environmentCutoff: earlier }
  expect(decideCase({ revocations })).toMatchObject({ reason: 'ok' })
})

test('a bound token is taken where its binding was proven; the audience may be named', () => {
  const confirmation = { method: 'dpop', thumbprint: 'x' } as const
  const given = { settings: { senderConstrained: true, resource: 'urn:orders' } }
  expect(decideCase({ ...given, token: { confirmation, audience: 'urn:orders' } })).toMatchObject({ reason: 'ok' })
})

test('scopes that the subscription does not grant are not the principal’s', () => {
  const { principal } = decideCase({ token: { scopes: ['orders:read', 'admin', 'openid'] } })
  expect(principal?.scopes).toEqual(['orders:read'])
})
