import { expect, test } from 'vitest'
import { decodeStatusDetails, encodeStatus } from './status-details.ts'

const details = {
  reason: 'INVALID_FIELD',
  domain: 'gatehouse',
  metadata: { a: '1', __proto__x: 'ü' },
  violations: [
    { field: 'restrictions.cidrs[2]', description: 'is no range' },
    { field: 'scopes', description: '' },
  ],
  retryAfterMs: 2500,
}

test('reads what it wrote', () => {
  expect(decodeStatusDetails(encodeStatus(3, 'message', details))).toEqual(details)
})

test('the bytes are those of google.rpc.Status, written out by hand from its proto', () => {
  // 1: code 5 · 2: message "m" · 3: Any { 1: type URL, 2: ErrorInfo { 1: reason "R", 2: domain "d" } }
  const golden =
    '080512016d1a320a28747970652e676f6f676c65617069732e636f6d2f676f6f676c652e7270632e4572726f72496e666f12060a0152120164'
  const bytes = encodeStatus(5, 'm', {
    reason: 'R',
    domain: 'd',
    metadata: {},
    violations: [],
    retryAfterMs: undefined,
  })
  expect(Buffer.from(bytes).toString('hex')).toBe(golden)
})

test.each([
  ['no bytes', []],
  ['a cut message', [0x1a, 0x20, 0x01]],
  ['an unknown detail alone', [0x1a, 0x04, 0x0a, 0x02, 0x78, 0x79]],
])('answers undefined for %s', (_, bytes) => {
  expect(decodeStatusDetails(Uint8Array.from(bytes))).toBeUndefined()
})
