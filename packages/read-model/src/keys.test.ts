import { expect, test } from 'vitest'
import { keyOfStream, splitKey } from './keys.ts'

test.each([
  ['api_key-9f-3c', 'api_key/9f-3c'],
  ['client-c1', 'client/c1'],
  ['environment-alpha-2', 'environment/alpha-2'],
  ['api-alpha.orders', 'api/alpha/orders'],
  ['plan-alpha.gold', 'plan/alpha/gold'],
])('the stream %s is folded into %s', (stream, key) => expect(keyOfStream(stream)).toBe(key))

test.each(['grant-g1', 'client-', 'client', '', '__proto__-x', 'client-a b', 'client-é'])(
  'no view belongs to the stream %j',
  (stream) => {
    const key = keyOfStream(stream)
    expect(key).toMatch(/^parked\//)
    expect(splitKey(key).noun).toBe('parked')
  },
)

test.each(['client', 'client/', '/x', 'grant/g', 'constructor/x', 'client/a\nb', `client/${'x'.repeat(513)}`])(
  '%j is no key',
  (key) => expect(() => splitKey(key)).toThrow(RangeError),
)
