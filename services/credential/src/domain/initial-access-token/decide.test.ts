import type { CredentialEvent } from '@gatehouse/contracts/events'
import { givenFor } from '@gatehouse/event-store/testing'
import { describe, expect, test } from 'vitest'
import { hours, time } from '../stories.fixture.ts'
import { initialAccessToken } from './decide.ts'
import { existing, isUsable } from './initial-access-token.ts'

const given = givenFor(initialAccessToken)
const digest = new Uint8Array(32).fill(5)
const facts = { initialAccessTokenId: 'token1', environmentId: 'alpha', displayName: 'Partners', digest }
const clientsMax = 2
const issue = { type: 'issue', ...facts, expireTime: undefined, clientsMax, time } as const
const use = { type: 'use', initialAccessTokenId: 'token1', clientId: 'c1', time } as const
const revoke = { type: 'revoke', initialAccessTokenId: 'token1', reason: 'over', time } as const
const issued = (expireTime?: Date): CredentialEvent => ({
  type: 'gatehouse.credential.v1.InitialAccessTokenIssued',
  data: { ...facts, issueTime: time, expireTime, clientsMax },
})
const unbounded: CredentialEvent = {
  type: 'gatehouse.credential.v1.InitialAccessTokenIssued',
  data: { ...facts, issueTime: time, expireTime: undefined, clientsMax: 0 },
}
const used: CredentialEvent = {
  type: 'gatehouse.credential.v1.InitialAccessTokenUsed',
  data: { initialAccessTokenId: 'token1', clientId: 'c1', useTime: time },
}
const revoked: CredentialEvent = {
  type: 'gatehouse.credential.v1.InitialAccessTokenRevoked',
  data: { initialAccessTokenId: 'token1', reason: 'over', revokeTime: time },
}

test('is issued', () => given([]).when(issue).then([issued()]))
test('is used', () => given([issued()]).when(use).then([used]))
test('is revoked', () => given([issued()]).when(revoke).then([revoked]))
test('is revoked twice: nothing changes', () => given([issued(), revoked]).when(revoke).then([]))

describe('refused', () => {
  test('issued twice', () => given([issued()]).when(issue).thenRefused('INITIAL_ACCESS_TOKEN_EXISTS'))
  test('issued when it has expired', () =>
    given([])
      .when({ ...issue, expireTime: time })
      .thenRefused('INVALID_FIELD'))
  test('used more often than it may be', () =>
    given([issued(), used, used]).when(use).thenRefused('INITIAL_ACCESS_TOKEN_ENDED'))
  test('used when it is revoked', () => given([issued(), revoked]).when(use).thenRefused('INITIAL_ACCESS_TOKEN_ENDED'))
  test('used before it exists', () => given([]).when(use).thenRefused('INITIAL_ACCESS_TOKEN_NOT_FOUND'))
  test('revoked before it exists', () => given([]).when(revoke).thenRefused('INITIAL_ACCESS_TOKEN_NOT_FOUND'))
})

test.each<[string, readonly CredentialEvent[], boolean]>([
  ['without an end', [issued()], true],
  ['before its end', [issued(hours(2))], true],
  ['at its end', [issued(hours(1))], false],
  ['revoked', [issued(), revoked], false],
  ['used but once', [issued(), used], true],
  ['used as often as it may be', [issued(), used, used], false],
  ['from before there was a bound', [unbounded, used, used, used], true],
])('a token %s', (_, history, usable) => {
  const token = existing(history.reduce(initialAccessToken.evolve, undefined), 'token1')
  expect(isUsable(token, hours(1))).toBe(usable)
})
