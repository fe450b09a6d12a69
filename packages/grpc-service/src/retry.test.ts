import { GatehouseError, unavailable } from '@gatehouse/errors'
import { expect, test } from 'vitest'
import { repeatable, retrying } from './retry.ts'

test.each([
  ['getApiKey', { apiKeyId: 'k' }, true],
  ['listApiKeys', {}, true],
  ['revokeApiKey', { requestId: 'r' }, true],
  ['revokeApiKey', { requestId: '' }, false],
  ['check', { path: '/' }, false],
  ['getaway', {}, false],
])('%s with %j may be repeated: %s', (name, request, expected) => {
  expect(repeatable(name, request)).toBe(expected)
})

const inOneMinute = () => Date.now() + 60_000

test('UNAVAILABLE is tried again until it succeeds', async () => {
  let attempts = 0
  const answer = await retrying(inOneMinute(), undefined, async () => {
    if (++attempts < 3) throw unavailable('DOWN', 'down')
    return 'answer'
  })
  expect([answer, attempts]).toEqual(['answer', 3])
})

test.each([
  ['another status', new GatehouseError('ABORTED', { reason: 'VERSION_CONFLICT', message: '' }), inOneMinute(), 1],
  ['a deadline that leaves no time', unavailable('DOWN', 'down'), Date.now(), 1],
  ['the fourth attempt', unavailable('DOWN', 'down'), inOneMinute(), 4],
])('%s ends it', async (_, error, deadline, expected) => {
  let attempts = 0
  const attempt = async () => {
    attempts++
    throw error
  }
  await expect(retrying(deadline, undefined, attempt)).rejects.toBe(error)
  expect(attempts).toBe(expected)
})

test('an aborted signal ends it', async () => {
  let attempts = 0
  const attempt = async () => {
    attempts++
    throw unavailable('DOWN', 'down')
  }
  await expect(retrying(inOneMinute(), AbortSignal.abort(), attempt)).rejects.toThrow('down')
  expect(attempts).toBe(1)
})
