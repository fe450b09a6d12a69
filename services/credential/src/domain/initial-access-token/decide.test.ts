import type { CredentialEvent } from '@gatehouse/contracts/events'
import { givenFor } from '@gatehouse/event-store/testing'
import { describe, expect, test } from 'vitest'
import { hours, time } from '../stories.fixture.ts'
import { initialAccessToken } from './decide.ts'
import { existing, isUsable } from './initial-access-token.ts'

const given = givenFor(initialAccessToken)
const digest = new Uint8Array(32).fill(5)
const facts = { initialAccessTokenId: 'token1', environmentId: 'alpha', displayName: 'Partners', digest }
const issue = { type: 'issue', ...facts, expireTime: undefined, time } as const
const revoke = { type: 'revoke', initialAccessTokenId: 'token1', reason: 'over', time } as const
const issued = (expireTime?: Date): CredentialEvent => ({
  type: 'gatehouse.credential.v1.InitialAccessTokenIssued',
  data: { ...facts, issueTime: time, expireTime },
})
const revoked: CredentialEvent = {
  type: 'gatehouse.credential.v1.InitialAccessTokenRevoked',
  data: { initialAccessTokenId: 'token1', reason: 'over', revokeTime: time },
}

test('is issued', () => given([]).when(issue).then([issued()]))
test('is revoked', () => given([issued()]).when(revoke).then([revoked]))
test('is revoked twice: nothing changes', () => given([issued(), revoked]).when(revoke).then([]))

describe('refused', () => {
  test('issued twice', () => given([issued()]).when(issue).thenRefused('INITIAL_ACCESS_TOKEN_EXISTS'))
  test('issued when it has expired', () =>
    given([])
      .when({ ...issue, expireTime: time })
      .thenRefused('INVALID_FIELD'))
  test('revoked before it exists', () => given([]).when(revoke).thenRefused('INITIAL_ACCESS_TOKEN_NOT_FOUND'))
})

test.each<[string, readonly CredentialEvent[], boolean]>([
  ['without an end', [issued()], true],
  ['before its end', [issued(hours(2))], true],
  ['at its end', [issued(hours(1))], false],
  ['revoked', [issued(), revoked], false],
])('a token %s', (_, history, usable) => {
  const token = existing(history.reduce(initialAccessToken.evolve, undefined), 'token1')
  expect(isUsable(token, hours(1))).toBe(usable)
})
