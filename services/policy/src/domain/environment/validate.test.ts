import { Environment } from '@gatehouse/contracts/policy/v1/environment'
import { IdentityProvider, Issuer } from '@gatehouse/contracts/policy/v1/token_settings'
import { describe, expect, test } from 'vitest'
import { fieldsOf } from '../fields-of.fixture.ts'
import { validEnvironment } from './validate.ts'

describe('environment', () => {
  const alpha = (changes: Partial<Environment> = {}): Environment => ({
    ...Environment.create(),
    environmentId: 'alpha',
    ...changes,
  })

  test('hosts are kept in lower case', () => {
    expect(validEnvironment(alpha({ hosts: ['A.Example', '*', '[::1]', '127.0.0.1'] })).hosts).toEqual([
      'a.example',
      '*',
      '[::1]',
      '127.0.0.1',
    ])
  })

  test.each<[string, Partial<Environment>, string]>([
    ['an id with an underscore', { environmentId: 'a_b' }, 'environment.environment_id'],
    ['a long id', { environmentId: 'a'.repeat(33) }, 'environment.environment_id'],
    ['a host with port', { hosts: ['a.example:80'] }, 'environment.hosts[0]'],
    ['a pattern', { hosts: ['*.example'] }, 'environment.hosts[0]'],
    ['an empty host', { hosts: ['a', ''] }, 'environment.hosts[1]'],
    ['a trailing dot', { hosts: ['a.example.'] }, 'environment.hosts[0]'],
    ['a host twice', { hosts: ['a.example', 'A.example'] }, 'environment.hosts[1]'],
    ['an address that is none', { hosts: ['[::1'] }, 'environment.hosts[0]'],
    ['a URL', { hosts: ['http://a'] }, 'environment.hosts[0]'],
    [
      'no staleness',
      { enforcement: { auditMode: 0, maxStaleness: { seconds: 0n, nanos: 0 } } },
      'environment.enforcement.max_staleness',
    ],
  ])('%s is refused', (_, changes, field) => {
    expect(fieldsOf(() => validEnvironment(alpha(changes)))).toEqual([field])
  })

  const issuing = (changes: Partial<Issuer>): Partial<Environment> => ({
    hosts: ['a.example', '127.0.0.1', 'localhost', '[::1]'],
    issuer: { ...Issuer.create(), url: 'https://a.example', ...changes },
  })
  const corp = {
    ...IdentityProvider.create(),
    ...{ providerId: 'corp', issuer: 'https://login.example/t', clientId: 'gatehouse' },
  }
  const providing = (changes: Partial<IdentityProvider>) => issuing({ identityProviders: [{ ...corp, ...changes }] })

  test.each([
    'https://a.example',
    'https://a.example:8443',
    'https://a.example/tenants/1',
    'http://127.0.0.1:8080',
    'http://localhost:1',
    'http://[::1]:8080',
  ])('the issuer %s is kept', (url) => expect(validEnvironment(alpha(issuing({ url }))).issuer?.url).toBe(url))
  test('any issuer is served where every host is', () =>
    expect(validEnvironment(alpha({ ...issuing({}), hosts: ['*'] })).issuer?.url).toBe('https://a.example'))
  test('identity providers are kept', () => {
    const given = providing({ clientSecretRef: 'corp.secret', scopes: ['openid', 'email'] })
    expect(validEnvironment(alpha(given)).issuer).toEqual(given.issuer)
  })
  test('an identity provider twice is refused', () => {
    const twice = issuing({ identityProviders: [corp, corp] })
    expect(fieldsOf(() => validEnvironment(alpha(twice)))).toEqual([
      'environment.issuer.identity_providers[1].provider_id',
    ])
  })

  const provider = 'environment.issuer.identity_providers[0]'
  test.each<[string, Partial<Environment>, string]>([
    ['an issuer that is no URL', issuing({ url: 'a.example' }), 'environment.issuer.url'],
    ['no issuer', issuing({ url: '' }), 'environment.issuer.url'],
    ['http', issuing({ url: 'http://a.example' }), 'environment.issuer.url'],
    ['a slash at the end', issuing({ url: 'https://a.example/' }), 'environment.issuer.url'],
    ['a path with an encoded slash', issuing({ url: 'https://a.example/b%2Fc' }), 'environment.issuer.url'],
    ['an empty segment', issuing({ url: 'https://a.example//b' }), 'environment.issuer.url'],
    ['dot segments', issuing({ url: 'https://a.example/b/../c' }), 'environment.issuer.url'],
    ['a query', issuing({ url: 'https://a.example?b' }), 'environment.issuer.url'],
    ['a fragment', issuing({ url: 'https://a.example#b' }), 'environment.issuer.url'],
    ['a user', issuing({ url: 'https://u@a.example' }), 'environment.issuer.url'],
    ['the default port spelt out', issuing({ url: 'https://a.example:443' }), 'environment.issuer.url'],
    ['upper case', issuing({ url: 'https://A.example' }), 'environment.issuer.url'],
    ['a host of others', issuing({ url: 'https://b.example' }), 'environment.issuer.url'],
    ['no session', issuing({ sessionLifetime: { seconds: 0n, nanos: 0 } }), 'environment.issuer.session_lifetime'],
    [
      'a century',
      issuing({ refreshLifetime: { seconds: 1n << 32n, nanos: 0 } }),
      'environment.issuer.refresh_lifetime',
    ],
    ['negative idling', issuing({ refreshIdle: { seconds: -1n, nanos: 0 } }), 'environment.issuer.refresh_idle'],
    ['keys of a minute', issuing({ keyRotation: { seconds: 60n, nanos: 0 } }), 'environment.issuer.key_rotation'],
    ['a provider id in upper case', providing({ providerId: 'Corp' }), `${provider}.provider_id`],
    ['a provider over http', providing({ issuer: 'http://login.example' }), `${provider}.issuer`],
    ['a provider without client', providing({ clientId: '' }), `${provider}.client_id`],
    ['a secret that leads out', providing({ clientSecretRef: '../kek' }), `${provider}.client_secret_ref`],
    ['a hidden secret', providing({ clientSecretRef: '.env' }), `${provider}.client_secret_ref`],
    ['no openid', providing({ scopes: ['email'] }), `${provider}.scopes`],
    ['a scope with a space', providing({ scopes: ['openid', 'a b'] }), `${provider}.scopes[1]`],
  ])('%s is refused', (_, changes, field) => {
    expect(fieldsOf(() => validEnvironment(alpha(changes)))).toEqual([field])
  })

  test('none at all is refused', () => expect(fieldsOf(() => validEnvironment(undefined))).toContain('environment'))
})
