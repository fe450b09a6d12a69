import type { CredentialEvent } from '@gatehouse/contracts/events'
import { givenFor } from '@gatehouse/event-store/testing'
import { describe, test } from 'vitest'
import { clientRegistered, hours, time } from '../stories.fixture.ts'
import { clientSecret } from './decide.ts'

const given = givenFor(clientSecret)
const digest = new Uint8Array(32).fill(9)
const facts = { clientSecretId: 'secret1', environmentId: 'alpha', clientId: 'acme', displayName: 'CI', digest }
const issue = { type: 'issue', ...facts, expireTime: undefined, time } as const
const revoke = { type: 'revoke', clientSecretId: 'secret1', reason: 'leaked', time } as const
const expire = (expireTime: Date | undefined) =>
  ({ type: 'expire', clientSecretId: 'secret1', expireTime, time }) as const

const issued = (expireTime?: Date): CredentialEvent => ({
  type: 'gatehouse.credential.v1.ClientSecretIssued',
  data: { ...facts, issueTime: time, expireTime },
})
const revoked: CredentialEvent = {
  type: 'gatehouse.credential.v1.ClientSecretRevoked',
  data: { clientSecretId: 'secret1', clientId: 'acme', reason: 'leaked', revokeTime: time },
}
const expires = (expireTime: Date | undefined): CredentialEvent => ({
  type: 'gatehouse.credential.v1.ClientSecretExpirationChanged',
  data: { clientSecretId: 'secret1', expireTime, changeTime: time },
})

describe('happens', () => {
  test('issued', () => given([]).when(issue).then([issued()]))
  test('revoked, naming the client whose tokens die with it', () => given([issued()]).when(revoke).then([revoked]))
  test('expires', () =>
    given([issued()])
      .when(expire(hours(1)))
      .then([expires(hours(1))]))
  test('expires no more', () =>
    given([issued(hours(1))])
      .when(expire(undefined))
      .then([expires(undefined)]))
})

describe('changes nothing', () => {
  test('revoked twice', () => given([issued(), revoked]).when(revoke).then([]))
  test('expires when it did already', () =>
    given([issued(hours(1))])
      .when(expire(hours(1)))
      .then([]))
})

describe('refused', () => {
  test('issued twice', () => given([issued()]).when(issue).thenRefused('CLIENT_SECRET_EXISTS'))
  test('issued when it has expired', () =>
    given([])
      .when({ ...issue, expireTime: time })
      .thenRefused('INVALID_FIELD'))
  test('revoked before it exists', () => given([]).when(revoke).thenRefused('CLIENT_SECRET_NOT_FOUND'))
  test('expires before it exists', () =>
    given([])
      .when(expire(hours(1)))
      .thenRefused('CLIENT_SECRET_NOT_FOUND'))
  test('expires after it was revoked', () =>
    given([issued(), revoked])
      .when(expire(hours(1)))
      .thenRefused('CLIENT_SECRET_REVOKED'))
  test('events of other nouns make no secret', () =>
    given([clientRegistered, revoked]).when(revoke).thenRefused('CLIENT_SECRET_NOT_FOUND'))
})
