import { expect, test } from 'vitest'
import { credentialEvents, decodeEvent, encodeEvent, policyEvents } from './events.ts'

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
