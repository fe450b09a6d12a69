import { randomBytes } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { packParts, unpackParts } from './pack.ts'

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const id = (bytes: number) => randomBytes(bytes).toString('base64url')

function clientToken(): string {
  const header = { alg: 'ES256', typ: 'at+jwt', kid: id(32) }
  const clientId = id(10)
  const times = { iat: 1_764_000_000, exp: 1_764_003_600 }
  const where = { iss: 'https://auth.example.com', sub: clientId, aud: 'https://auth.example.com/orders' }
  const rest = {
    client_id: clientId,
    ...times,
    jti: id(16),
    scope: 'orders:read orders:write',
    subscription_id: id(10),
  }
  return `${encoded(header)}.${encoded({ ...where, ...rest })}`
}

test('the parts of a token come out as they went in, in less than half of their length', () => {
  for (let n = 0; n < 50; n += 1) {
    const text = clientToken()
    expect(unpackParts(packParts(text))).toBe(text)
    expect(packParts(text).length).toBeLessThan(text.length * 0.45)
    const jwt = `${text}.${id(64)}`
    expect(unpackParts(packParts(jwt))).toBe(jwt)
  }
})

test('ids and times of every kind, alone and again, near and far, come out as they went in', () => {
  const base32 = fc.stringMatching(/^[a-z2-7]{16}$|^[a-z2-7]{26}$/)
  const digest = fc
    .uint8Array({ minLength: 32, maxLength: 32 })
    .map((bytes) => Buffer.from(bytes).toString('base64url'))
  const time = fc.integer({ min: 999_999_990, max: 4_300_000_000 })
  const near = fc.integer({ min: 1_764_000_000, max: 1_764_070_000 })
  const value = fc.oneof(base32, digest, time, near, fc.double({ noNaN: true }), fc.constant('\x05'), fc.string())
  fc.assert(
    fc.property(fc.array(value, { maxLength: 24 }), fc.array(fc.nat(), { maxLength: 12 }), (values, repeats) => {
      const all = [...values, ...repeats.flatMap((at) => values[at % (values.length || 1)] ?? [])]
      const text = `${encoded({ alg: 'ES256' })}.${encoded(all)}.${id(64)}`
      return unpackParts(packParts(text)) === text
    }),
  )
})

test('whatever text goes in comes out', () => {
  const latin1 = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) })
  fc.assert(fc.property(latin1, (text) => unpackParts(packParts(text)) === text))
  for (const text of [
    '',
    '.',
    '..',
    'YQ.YQ',
    'YR.YQ',
    'YQ==',
    'Y'.repeat(70_000),
    '.'.repeat(60_000),
    'YQ.'.repeat(30_000),
  ])
    expect(unpackParts(packParts(text))).toBe(text)
})

test('bytes that were not packed here give nothing, and no more than the memory of a long token', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const text = unpackParts(Uint8Array.of(2, ...bytes))
      expect(text === undefined || /^[A-Za-z0-9_.-]*$/.test(text)).toBe(true)
    }),
  )
  expect(unpackParts(new Uint8Array())).toBeUndefined()
  expect(unpackParts(Uint8Array.of(1, 1))).toBeUndefined()
  const bomb = Buffer.concat([Uint8Array.of(2), deflateRawSync(Buffer.alloc(10_000_000))])
  expect(unpackParts(bomb)).toBeUndefined()
})
