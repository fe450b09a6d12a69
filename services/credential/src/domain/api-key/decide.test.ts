import type { CredentialEvent } from '@gatehouse/contracts/events'
import { givenFor } from '@gatehouse/event-store/testing'
import { describe, test } from 'vitest'
import { hours, issueCommand, keyIssued, keyRevoked, keyRotated, keySuspended, time } from '../stories.fixture.ts'
import { apiKey } from './decide.ts'

const given = givenFor(apiKey)
const own = { apiKeyId: 'key1', time }
const rotate = { type: 'rotate', ...own, successorId: 'key2', overlapMs: 3_600_000 } as const
const suspend = { type: 'suspend', ...own, reason: 'look into it' } as const
const resume = { type: 'resume', ...own } as const
const revoke = { type: 'revoke', ...own, reason: 'leaked' } as const
const expire = (expireTime: Date | undefined) => ({ type: 'expire', ...own, expireTime }) as const
const restrictions = { cidrs: ['10.0.0.0/8'], operations: [], scopes: [] }
const restrict = { type: 'restrict', ...own, restrictions } as const

const expirationChanged = (expireTime: Date | undefined): CredentialEvent => ({
  type: 'gatehouse.credential.v1.ApiKeyExpirationChanged',
  data: { apiKeyId: 'key1', expireTime, changeTime: time },
})
const restricted: CredentialEvent = {
  type: 'gatehouse.credential.v1.ApiKeyRestrictionsChanged',
  data: { apiKeyId: 'key1', restrictions, changeTime: time },
}
const resumed: CredentialEvent = {
  type: 'gatehouse.credential.v1.ApiKeyResumed',
  data: { apiKeyId: 'key1', resumeTime: time },
}

describe('happens', () => {
  test('issued', () => given([]).when(issueCommand).then([keyIssued()]))
  test('rotated: it works until the overlap ends', () =>
    given([keyIssued()])
      .when(rotate)
      .then([keyRotated(hours(1))]))
  test('rotated without overlap', () =>
    given([keyIssued()])
      .when({ ...rotate, overlapMs: 0 })
      .then([keyRotated(time)]))
  test('rotated: an overlap never lengthens its life', () =>
    given([keyIssued(hours(0.5))])
      .when(rotate)
      .then([keyRotated(hours(0.5))]))
  test('suspended', () => given([keyIssued()]).when(suspend).then([keySuspended]))
  test('resumed', () => given([keyIssued(), keySuspended]).when(resume).then([resumed]))
  test('revoked', () => given([keyIssued()]).when(revoke).then([keyRevoked]))
  test('revoked while suspended', () => given([keyIssued(), keySuspended]).when(revoke).then([keyRevoked]))
  test('revoked during its overlap', () =>
    given([keyIssued(), keyRotated(hours(1))])
      .when(revoke)
      .then([keyRevoked]))
  test('expires', () =>
    given([keyIssued()])
      .when(expire(hours(1)))
      .then([expirationChanged(hours(1))]))
  test('expires at once, by a time that has passed', () =>
    given([keyIssued()])
      .when(expire(hours(-1)))
      .then([expirationChanged(hours(-1))]))
  test('expires no more', () =>
    given([keyIssued(hours(1))])
      .when(expire(undefined))
      .then([expirationChanged(undefined)]))
  test('overlap shortened', () =>
    given([keyIssued(), keyRotated(hours(2))])
      .when(expire(hours(1)))
      .then([expirationChanged(hours(1))]))
  test('restricted', () => given([keyIssued()]).when(restrict).then([restricted]))
})

describe('changes nothing', () => {
  test('revoked twice', () => given([keyIssued(), keyRevoked]).when(revoke).then([]))
  test('suspended twice', () => given([keyIssued(), keySuspended]).when(suspend).then([]))
  test('resumed while active', () => given([keyIssued()]).when(resume).then([]))
  test('expires when it does already', () =>
    given([keyIssued(hours(1))])
      .when(expire(hours(1)))
      .then([]))
  test('restricted twice', () => given([keyIssued(), restricted]).when(restrict).then([]))
  test('restricted to nothing in another spelling', () =>
    given([keyIssued()])
      .when({ ...restrict, restrictions: { cidrs: [], operations: [], scopes: [] } })
      .then([]))
})

describe('refused', () => {
  test('issued twice', () => given([keyIssued()]).when(issueCommand).thenRefused('API_KEY_EXISTS'))
  test('issued again after it was revoked', () =>
    given([keyIssued(), keyRevoked]).when(issueCommand).thenRefused('API_KEY_EXISTS'))
  test('issued with a time that has passed', () =>
    given([])
      .when({ ...issueCommand, expireTime: time })
      .thenRefused('INVALID_FIELD'))
  test.each([rotate, suspend, resume, revoke, expire(undefined), restrict])('$type before it exists', (command) =>
    given([]).when(command).thenRefused('API_KEY_NOT_FOUND'),
  )
  test.each([rotate, suspend, resume, expire(hours(1)), restrict])('$type after it was revoked', (command) =>
    given([keyIssued(), keyRevoked]).when(command).thenRefused('API_KEY_REVOKED'),
  )
  test('rotated while suspended', () =>
    given([keyIssued(), keySuspended]).when(rotate).thenRefused('API_KEY_SUSPENDED'))
  test('rotated after it expired', () =>
    given([keyIssued(time)])
      .when(rotate)
      .thenRefused('API_KEY_EXPIRED'))
  test('rotated twice', () =>
    given([keyIssued(), keyRotated(hours(1))])
      .when(rotate)
      .thenRefused('API_KEY_ROTATED'))
  test.each([undefined, hours(3)])('overlap lengthened to %s', (end) =>
    given([keyIssued(), keyRotated(hours(2))])
      .when(expire(end))
      .thenRefused('API_KEY_ROTATED'),
  )
})
