import { expect, test } from 'vitest'
import { keyOfStream, splitKey } from './keys.ts'

test.each([
  ['api_key-9f-3c', 'api_key/9f-3c'],
  ['client-c1', 'client/c1'],
  ['environment-alpha-2', 'environment/alpha-2'],
  ['api-alpha.orders', 'api/alpha/orders'],
  ['plan-alpha.gold', 'plan/alpha/gold'],
  ['client_secret-s1', 'client_secret/s1'],
  ['key_ring-alpha', 'key_ring/alpha'],
  ['token-alpha.t1', 'revoked_token/alpha/t1'],
  ['grant-g1', 'revoked_grant/g1'],
  ['user-u1', 'suspended_user/u1'],
  ['cutoff-alpha.client.a.b', 'cutoff/alpha/client/a.b'],
  ['cutoff-alpha.environment.', 'cutoff/alpha/environment'],
  ['reference_token-r1', 'reference_token/r1'],
])('the stream %s is folded into %s', (stream, key) => expect(keyOfStream(stream)).toBe(key))

test.each(['consent-g1', 'client-', 'client', '', '__proto__-x', 'client-a b', 'client-é'])(
  'no view belongs to the stream %j',
  (stream) => {
    const key = keyOfStream(stream)
    expect(key).toMatch(/^parked\//)
    expect(splitKey(key).noun).toBe('parked')
  },
)

test.each(['client', 'client/', '/x', 'consent/g', 'constructor/x', 'client/a\nb', `client/${'x'.repeat(513)}`])(
  '%j is no key',
  (key) => expect(() => splitKey(key)).toThrow(RangeError),
)
