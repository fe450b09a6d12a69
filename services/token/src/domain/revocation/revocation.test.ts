import type { TokenEvent } from '@gatehouse/contracts/events'
import { CutoffSubject } from '@gatehouse/contracts/token/v1/revocation'
import { givenFor } from '@gatehouse/event-store/testing'
import { describe, test } from 'vitest'
import { cutoff } from './cutoff.ts'
import { revokedToken } from './revoked-token.ts'

const time = new Date('2026-01-01T12:00:00Z')
const minutes = (count: number) => new Date(time.getTime() + count * 60_000)

describe('a token', () => {
  const facts = { environmentId: 'alpha', tokenId: 't1', clientId: 'c1', reason: 'leaked', expireTime: minutes(60) }
  const revoked: TokenEvent = { type: 'gatehouse.token.v1.TokenRevoked', data: { ...facts, revokeTime: time } }
  const given = givenFor(revokedToken)
  test('is revoked', () =>
    given([])
      .when({ ...facts, time })
      .then([revoked]))
  test('once', () =>
    given([revoked])
      .when({ ...facts, time: minutes(1) })
      .then([]))
})

describe('a cut-off', () => {
  const subject = CutoffSubject.CUTOFF_SUBJECT_CLIENT
  const facts = { environmentId: 'alpha', subject, subjectId: 'c1', reason: 'stolen laptop' }
  const event = (before: Date): TokenEvent => ({
    type: 'gatehouse.token.v1.TokensRevokedBefore',
    data: { ...facts, before, revokeTime: time },
  })
  const given = givenFor(cutoff)
  test('is set', () =>
    given([])
      .when({ ...facts, before: minutes(0), time })
      .then([event(minutes(0))]))
  test('moves forward', () =>
    given([event(minutes(0))])
      .when({ ...facts, before: minutes(5), time })
      .then([event(minutes(5))]))
  test('never back: what was refused stays refused', () =>
    given([event(minutes(5))])
      .when({ ...facts, before: minutes(0), time })
      .then([]))
})
