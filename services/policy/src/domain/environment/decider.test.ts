import type { PolicyEvent } from '@gatehouse/contracts/events'
import { Environment } from '@gatehouse/contracts/policy/v1/environment'
import { IdentityProvider, Issuer } from '@gatehouse/contracts/policy/v1/token_settings'
import { givenFor } from '@gatehouse/event-store/testing'
import { expect, test } from 'vitest'
import { environmentClaims, environmentDecider } from './decider.ts'

const given = givenFor(environmentDecider)
const time = new Date('2026-11-23T04:00:00Z')
const alpha: Environment = { ...Environment.create(), environmentId: 'alpha', hosts: ['a.example', '*'] }
const putEvent = (environment: Environment): PolicyEvent => ({
  type: 'gatehouse.policy.v1.EnvironmentPut',
  data: { environment, putTime: time },
})
const put = (environment: Environment) => ({ type: 'put_environment', environment, time }) as const

test('a new environment is put', () =>
  given([])
    .when(put(alpha))
    .then([putEvent(alpha)]))
test('the same content changes nothing', () =>
  given([putEvent(alpha)])
    .when(put({ ...alpha }))
    .then([]))
test('other content is put', () => {
  const changed = { ...alpha, hosts: ['a.example'] }
  given([putEvent(alpha)])
    .when(put(changed))
    .then([putEvent(changed)])
})
const signingIn = (...providers: [providerId: string, issuer: string][]): Environment => {
  const identityProviders = providers.map(([providerId, issuer]) => {
    return { ...IdentityProvider.create(), providerId, issuer, clientId: 'gatehouse' }
  })
  return { ...alpha, issuer: { ...Issuer.create(), url: 'https://a.example', identityProviders } }
}
const corp: [string, string] = ['corp', 'https://login.corp.example']
const elsewhere: [string, string] = ['corp', 'https://elsewhere.example']

test.each<[string, Environment[]]>([
  ['changed', [signingIn(corp)]],
  ['changed after the provider was away', [signingIn(corp), alpha]],
])('the issuer of an identity provider cannot be %s: whom it names are linked users', (_, before) =>
  given(before.map(putEvent))
    .when(put(signingIn(['other', 'https://other.example'], elsewhere)))
    .thenRefused('INVALID_FIELD'),
)

test('a provider comes and goes, and another issuer comes under another id', () => {
  const wanted = signingIn(corp, ['corp-2', 'https://elsewhere.example'])
  given([putEvent(signingIn(corp)), putEvent(alpha)])
    .when(put(wanted))
    .then([putEvent(wanted)])
})

test('its hosts and its issuer are claimed by its stream', () => {
  expect(environmentClaims(alpha, 'environment-alpha')).toEqual([
    { kind: 'host', value: 'a.example', owner: 'environment-alpha' },
    { kind: 'host', value: '*', owner: 'environment-alpha' },
  ])
  const issuer = Issuer.fromPartial({ url: 'https://a.example' })
  expect(environmentClaims({ ...alpha, hosts: [], issuer }, 'environment-alpha')).toEqual([
    { kind: 'issuer', value: 'https://a.example', owner: 'environment-alpha' },
  ])
  expect(environmentClaims(undefined, 'environment-alpha')).toEqual([])
})
