import { expect, test } from 'vitest'
import { checkSecrets } from './secrets.ts'

const secret = 'gh-canary-9f3c17d2'
const found = (bytes: string | Buffer) =>
  checkSecrets({ canary: secret }, [{ name: 'a log', bytes: Buffer.from(bytes) }])

test('a place without the secret is in order, and so is its beginning', () => {
  expect(found('{"msg":"ready"}')).toEqual([])
  expect(found('gh-canary-9f3c')).toEqual([])
})

test.each([
  ['in clear', `{"key":"${secret}"}`],
  ['within other bytes', Buffer.concat([Buffer.from([0, 255]), Buffer.from(secret), Buffer.from([0])])],
  ['as hex', `\\x${Buffer.from(secret).toString('hex')}`],
  ['as base64', Buffer.from(secret).toString('base64')],
  ['as base64 at the second place', Buffer.from(`x${secret}`).toString('base64')],
  ['as base64 at the third place', Buffer.from(`xy${secret}z`).toString('base64')],
  ['as UTF-16', Buffer.from(secret, 'utf16le')],
])('a secret %s is found', (_, bytes) => {
  expect(found(bytes)).toEqual([expect.stringContaining('stands in a log')])
})

const key = Buffer.from('fbefbe00ff3ec1ab42fb0102030405060708090a0b0c0d0e0f10fbff3effbe7f', 'hex')

test.each([
  ['in clear', Buffer.concat([Buffer.from('0'), key, Buffer.from([0])])],
  ['as hex', key.toString('hex')],
  ['as base64', key.toString('base64')],
  ['in a JWK', JSON.stringify({ d: key.toString('base64url') })],
])('a key %s is found', (_, bytes) => {
  const [violation, ...more] = checkSecrets({ key }, [{ name: 'a file', bytes: Buffer.from(bytes) }])
  expect(violation).toContain('stands in a file')
  expect(more).toEqual([])
})
