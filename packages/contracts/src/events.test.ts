import { expect, test } from 'vitest'
import { credentialEvents, decodeEvent, encodeEvent, MalformedEvent, policyEvents } from './events.ts'

test('every stored type is the full name of the message it stands for', () => {
  for (const type of [...Object.keys(credentialEvents), ...Object.keys(policyEvents)])
    expect(type).toMatch(/^gatehouse\.(credential|policy)\.v1\.[A-Z]/)
})

test('an event is read back as it was written', () => {
  const type = 'gatehouse.credential.v1.ApiKeyRevoked'
  const data = { apiKeyId: 'k1', reason: 'leaked', revokeTime: new Date(1000) }
  const bytes = encodeEvent(credentialEvents, { type, data })
  expect(decodeEvent(credentialEvents, { type, data: bytes })).toMatchObject({ type, data })
})

test.each(['gatehouse.credential.v1.Unknown', '__proto__', 'constructor'])(
  'the unknown type %s is not decoded',
  (type) => {
    expect(decodeEvent(credentialEvents, { type, data: new Uint8Array() })).toBeUndefined()
  },
)

test.each([
  ['cut off', Uint8Array.of(0x0a, 5, 0x6b)],
  ['of a wire type that there is none of', Uint8Array.of(0x0f)],
  ['with a time beyond any Date', Uint8Array.of(0x1a, 10, 8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f)],
])('bytes %s are no event', (_, data) => {
  expect(() => decodeEvent(credentialEvents, { type: 'gatehouse.credential.v1.ApiKeyRevoked', data })).toThrow(
    MalformedEvent,
  )
})
