import { ApiKeyState } from '@gatehouse/contracts/credential/v1/api_key'
import { ClientState } from '@gatehouse/contracts/credential/v1/client'
import { SubscriptionState } from '@gatehouse/contracts/credential/v1/subscription'
import { type Operation, SecurityScheme } from '@gatehouse/contracts/policy/v1/api'
import { describe, expect, test } from 'vitest'
import {
  type CredentialViews,
  compilePolicy,
  decide,
  match,
  noViews,
  type PresentedCredential,
  type RequestFacts,
} from '../src/index.ts'
import { api, digest, environment, operation, plan, views } from './policy-fixture.ts'

const nowMs = Date.UTC(2026, 10, 23)
const presented: PresentedCredential = { kind: 'api_key', digest }
const { SECURITY_SCHEME_API_KEY, SECURITY_SCHEME_OAUTH2, SECURITY_SCHEME_MUTUAL_TLS } = SecurityScheme

interface Case {
  readonly operation?: Partial<Operation>
  readonly credential?: PresentedCredential
  readonly views?: CredentialViews
  readonly clientIp?: string
  readonly nowMs?: number
  readonly plans?: readonly string[]
  readonly path?: string
}

function decideCase(given: Case) {
  const policy = compilePolicy({
    environments: [environment('alpha', ['*'])],
    apis: [api('orders', [operation('GET /', given.operation)]), api('items', [operation('GET /')])],
    plans: (given.plans ?? ['gold']).map((planId) => plan(planId)),
  })
  const facts: RequestFacts = {
    match: match(policy, { host: 'any', method: 'GET', path: given.path ?? '/orders' }),
    credential: given.credential ?? presented,
    clientIp: given.clientIp ?? '192.0.2.7',
  }
  return decide(facts, given.views ?? views, given.nowMs ?? nowMs)
}

const reason = (given: Case) => decideCase(given).reason

function withApiKey(changes: Partial<(typeof views)['apiKey']>): CredentialViews {
  return { ...views, apiKey: { ...views.apiKey, ...changes } }
}
function withRestrictions(changes: { cidrs?: string[]; operations?: string[]; scopes?: string[] }): CredentialViews {
  return withApiKey({ restrictions: { cidrs: [], operations: [], scopes: [], ...changes } })
}
function withClient(changes: Partial<(typeof views)['client']>): CredentialViews {
  return { ...views, client: { ...views.client, ...changes } }
}
function withSubscription(changes: Partial<(typeof views)['subscription']>): CredentialViews {
  return { ...views, subscription: { ...views.subscription, ...changes } }
}

test('allows a key that is in order', () => {
  expect(decideCase({})).toEqual({
    allowed: true,
    reason: 'ok',
    principal: {
      scheme: SECURITY_SCHEME_API_KEY,
      authMethod: 'api_key',
      credentialId: 'key-1',
      clientId: 'client-1',
      subscriptionId: 'subscription-1',
      scopes: ['orders:read', 'orders:write'],
    },
  })
})

describe('authenticate', () => {
  test.each<[string, Case, string]>([
    ['no credential', { credential: { kind: 'none' }, views: noViews }, 'credential_missing'],
    ['a malformed one', { credential: { kind: 'malformed' }, views: noViews }, 'credential_malformed'],
    ['two', { credential: { kind: 'ambiguous' }, views: noViews }, 'credential_ambiguous'],
    ['a kind of a later version', { credential: { kind: 'token' } as never }, 'credential_malformed'],
    ['an unknown key', { views: noViews }, 'credential_unknown'],
    [
      'an unknown key whose digest is that of no key',
      { credential: { kind: 'api_key', digest: new Uint8Array(32) }, views: noViews },
      'credential_unknown',
    ],
    [
      'a wrong secret',
      { credential: { kind: 'api_key', digest: digest.map((byte) => byte ^ 1) } },
      'credential_mismatch',
    ],
    [
      'the last bit wrong',
      { credential: { kind: 'api_key', digest: digest.with(31, digest[31]! ^ 1) } },
      'credential_mismatch',
    ],
    ['a short digest', { credential: { kind: 'api_key', digest: digest.slice(1) } }, 'credential_mismatch'],
    [
      'a stored digest of no length',
      { views: withApiKey({ digest: new Uint8Array() }), credential: { kind: 'api_key', digest: new Uint8Array() } },
      'credential_mismatch',
    ],
    [
      'no stored digest, met with zeros',
      { views: withApiKey({ digest: new Uint8Array() }), credential: { kind: 'api_key', digest: new Uint8Array(32) } },
      'credential_mismatch',
    ],
    ['a key of another environment', { views: withApiKey({ environmentId: 'beta' }) }, 'credential_mismatch'],
  ])('denies %s', (_, given, expected) => {
    expect(decideCase(given)).toEqual({ allowed: false, reason: expected, principal: undefined })
  })
})

describe('check', () => {
  test.each<[string, Case, string]>([
    ['a revoked key', { views: withApiKey({ state: ApiKeyState.API_KEY_STATE_REVOKED }) }, 'api_key_revoked'],
    ['a suspended key', { views: withApiKey({ state: ApiKeyState.API_KEY_STATE_SUSPENDED }) }, 'api_key_suspended'],
    [
      'a key without state',
      { views: withApiKey({ state: ApiKeyState.API_KEY_STATE_UNSPECIFIED }) },
      'api_key_state_unknown',
    ],
    ['a state of a later version', { views: withApiKey({ state: 7 as never }) }, 'api_key_state_unknown'],
    ['a key at the millisecond it expires', { views: withApiKey({ expireTime: new Date(nowMs) }) }, 'api_key_expired'],
    ['an expiry that is no time', { views: withApiKey({ expireTime: new Date(Number.NaN) }) }, 'api_key_expired'],
    [
      'time that is not known',
      { views: withApiKey({ expireTime: new Date(nowMs) }), nowMs: Number.NaN },
      'api_key_expired',
    ],
    ['a missing client', { views: { ...views, client: undefined } }, 'client_unknown'],
    ['a suspended client', { views: withClient({ state: ClientState.CLIENT_STATE_SUSPENDED }) }, 'client_suspended'],
    [
      'a client without state',
      { views: withClient({ state: ClientState.CLIENT_STATE_UNSPECIFIED }) },
      'client_state_unknown',
    ],
    ['a client that is not the key’s', { views: withClient({ clientId: 'client-2' }) }, 'credential_mismatch'],
    ['a client of another environment', { views: withClient({ environmentId: 'beta' }) }, 'credential_mismatch'],
    ['a missing subscription', { views: { ...views, subscription: undefined } }, 'subscription_unknown'],
    [
      'a pending subscription',
      { views: withSubscription({ state: SubscriptionState.SUBSCRIPTION_STATE_PENDING }) },
      'subscription_pending',
    ],
    [
      'a suspended subscription',
      { views: withSubscription({ state: SubscriptionState.SUBSCRIPTION_STATE_SUSPENDED }) },
      'subscription_suspended',
    ],
    [
      'a cancelled subscription',
      { views: withSubscription({ state: SubscriptionState.SUBSCRIPTION_STATE_CANCELLED }) },
      'subscription_cancelled',
    ],
    [
      'a subscription without state',
      { views: withSubscription({ state: SubscriptionState.SUBSCRIPTION_STATE_UNSPECIFIED }) },
      'subscription_state_unknown',
    ],
    [
      'a subscription that is not the key’s',
      { views: withSubscription({ subscriptionId: 'subscription-2' }) },
      'credential_mismatch',
    ],
    ['a subscription of another client', { views: withSubscription({ clientId: 'client-2' }) }, 'credential_mismatch'],
    [
      'a subscription of another environment',
      { views: withSubscription({ environmentId: 'beta' }) },
      'credential_mismatch',
    ],
    ['a subscription to another API', { path: '/items' }, 'api_not_entitled'],
    ['a plan that is not known', { plans: [] }, 'plan_unknown'],
    ['no plan', { views: withSubscription({ planId: '' }) }, 'plan_unknown'],
    ['an address outside', { views: withRestrictions({ cidrs: ['10.0.0.0/8', '2001:db8::/32'] }) }, 'ip_not_allowed'],
    ['an address that is none', { clientIp: '', views: withRestrictions({ cidrs: ['0.0.0.0/0'] }) }, 'ip_not_allowed'],
    [
      'ranges that are none',
      { views: withRestrictions({ cidrs: ['192.0.2.7', '192.0.2.0/33', '*'] }) },
      'ip_not_allowed',
    ],
    ['an IPv4 address under an IPv6 range', { views: withRestrictions({ cidrs: ['::/0'] }) }, 'ip_not_allowed'],
  ])('denies %s, naming the principal', (_, given, expected) => {
    expect(decideCase(given)).toMatchObject({ allowed: false, reason: expected, principal: { credentialId: 'key-1' } })
  })

  test.each<[string, Case]>([
    ['a key a millisecond before it expires', { views: withApiKey({ expireTime: new Date(nowMs + 1) }) }],
    ['an address in the second range', { views: withRestrictions({ cidrs: ['10.0.0.0/8', '192.0.2.0/24'] }) }],
    [
      'a mapped address under an IPv4 range',
      { clientIp: '::ffff:192.0.2.7', views: withRestrictions({ cidrs: ['192.0.2.0/24'] }) },
    ],
    ['an IPv4 address under a mapped range', { views: withRestrictions({ cidrs: ['::ffff:192.0.2.0/120'] }) }],
    ['one good range beside one that is none', { views: withRestrictions({ cidrs: ['nonsense', '192.0.2.7/32'] }) }],
  ])('allows %s', (_, given) => {
    expect(reason(given)).toBe('ok')
  })
})

describe('authorize', () => {
  const apiKeyWith = (...scopes: string[]) => ({ requirements: [{ scheme: SECURITY_SCHEME_API_KEY, scopes }] })
  const oauth2 = { requirements: [{ scheme: SECURITY_SCHEME_OAUTH2, scopes: [] }] }
  const nothing = { requirements: [] }
  const unknownScheme = { requirements: [{ scheme: 9 as never, scopes: [] }] }
  const noScheme = { requirements: [{ scheme: SecurityScheme.SECURITY_SCHEME_UNSPECIFIED, scopes: [] }] }
  const both = {
    requirements: [
      { scheme: SECURITY_SCHEME_API_KEY, scopes: [] },
      { scheme: SECURITY_SCHEME_MUTUAL_TLS, scopes: [] },
    ],
  }
  const none: PresentedCredential = { kind: 'none' }

  test.each<[string, Case, string]>([
    ['no alternative at all', { operation: { security: [] } }, 'security_unsupported'],
    ['no alternative, nobody', { operation: { security: [] }, credential: none }, 'security_unsupported'],
    ['a scheme that is not offered', { operation: { security: [oauth2] } }, 'security_unsupported'],
    ['an unknown scheme', { operation: { security: [unknownScheme] } }, 'security_unsupported'],
    ['a scheme without value', { operation: { security: [noScheme] } }, 'security_unsupported'],
    ['one of two requirements met', { operation: { security: [both] } }, 'security_unsupported'],
    [
      'nobody where a key is one of the ways',
      { operation: { security: [oauth2, apiKeyWith()] }, credential: none },
      'credential_missing',
    ],
    [
      'an operation outside the subscription',
      { views: withSubscription({ operations: ['POST /'] }) },
      'operation_not_entitled',
    ],
    ['an operation outside the key', { views: withRestrictions({ operations: ['POST /'] }) }, 'operation_not_entitled'],
    ['a scope that is not granted', { operation: { security: [apiKeyWith('orders:delete')] } }, 'scope_missing'],
    ['one of two scopes', { operation: { security: [apiKeyWith('orders:read', 'orders:delete')] } }, 'scope_missing'],
    ['a scope in other case', { operation: { security: [apiKeyWith('Orders:Read')] } }, 'scope_missing'],
    [
      'a scope that the key gives up',
      { operation: { security: [apiKeyWith('orders:write')] }, views: withRestrictions({ scopes: ['orders:read'] }) },
      'scope_missing',
    ],
    [
      'a scope that only the key names',
      { operation: { security: [apiKeyWith('admin')] }, views: withRestrictions({ scopes: ['admin'] }) },
      'scope_missing',
    ],
    [
      'the closest denial of several',
      { operation: { security: [oauth2, apiKeyWith('admin'), unknownScheme] } },
      'scope_missing',
    ],
    [
      'a broken credential beside an open alternative',
      { operation: { security: [nothing, apiKeyWith()] }, views: noViews },
      'credential_unknown',
    ],
    [
      'a revoked key beside an open alternative',
      {
        operation: { security: [nothing, apiKeyWith()] },
        views: withApiKey({ state: ApiKeyState.API_KEY_STATE_REVOKED }),
      },
      'api_key_revoked',
    ],
  ])('denies %s', (_, given, expected) => {
    expect(reason(given)).toBe(expected)
  })

  test.each<[string, Case]>([
    ['the second alternative', { operation: { security: [oauth2, apiKeyWith('orders:read')] } }],
    [
      'an operation that subscription and key name',
      {
        views: {
          ...withRestrictions({ operations: ['GET /'] }),
          subscription: withSubscription({ operations: ['GET /', 'POST /'] }).subscription,
        },
      },
    ],
    [
      'a scope that the key keeps',
      { operation: { security: [apiKeyWith('orders:read')] }, views: withRestrictions({ scopes: ['orders:read'] }) },
    ],
    [
      'a key that misses a scope where an alternative asks for nothing',
      { operation: { security: [apiKeyWith('admin'), nothing] } },
    ],
  ])('allows %s', (_, given) => {
    expect(decideCase(given)).toMatchObject({ allowed: true, principal: { clientId: 'client-1' } })
  })

  test.each<[string, Case]>([
    ['an operation without requirements', { operation: { security: [nothing] }, credential: none, views: noViews }],
    ['it with a wrong key, which is not looked at', { operation: { security: [nothing] }, views: noViews }],
    [
      'an optional key that is not sent',
      { operation: { security: [apiKeyWith(), nothing] }, credential: none, views: noViews },
    ],
  ])('lets nobody into %s', (_, given) => {
    expect(decideCase(given)).toEqual({ allowed: true, reason: 'ok', principal: undefined })
  })
})

test.each([
  ['/none', 'no_api'],
  ['/orders/none', 'no_operation'],
])('what matches nothing is denied, whatever the key: %s', (path, expected) => {
  expect(decideCase({ path })).toEqual({ allowed: false, reason: expected, principal: undefined })
})
