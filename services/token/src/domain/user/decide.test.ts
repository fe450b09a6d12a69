import type { TokenEvent } from '@gatehouse/contracts/events'
import { UserClaims } from '@gatehouse/contracts/token/v1/grant'
import { fold } from '@gatehouse/event-store'
import { givenFor } from '@gatehouse/event-store/testing'
import { describe, expect, test } from 'vitest'
import { user } from './decide.ts'

const given = givenFor(user)
const time = new Date('2026-11-23T12:00:00Z')
const userId = 'u1'
const claims = UserClaims.fromPartial({ name: 'Ada' })
const blank = { type: 'create', userId, environmentId: 'alpha', username: 'ada', claims, time } as const
const create = { ...blank, passwordId: '', link: undefined }
const corp = { providerId: 'corp', providerSubject: '42' }

const created: TokenEvent = {
  type: 'gatehouse.token.v1.UserCreated',
  data: { userId, environmentId: 'alpha', username: 'ada', claims, createTime: time },
}
const suspended: TokenEvent = {
  type: 'gatehouse.token.v1.UserSuspended',
  data: { userId, environmentId: 'alpha', reason: 'left', suspendTime: time },
}
const resumed: TokenEvent = {
  type: 'gatehouse.token.v1.UserResumed',
  data: { userId, environmentId: 'alpha', resumeTime: time },
}
const linked = (providerSubject: string): TokenEvent => ({
  type: 'gatehouse.token.v1.UserLinked',
  data: { userId, providerId: 'corp', providerSubject, linkTime: time },
})
const passwordChanged = (passwordId: string): TokenEvent => ({
  type: 'gatehouse.token.v1.UserPasswordChanged',
  data: { userId, passwordId, changeTime: time },
})

describe('happens', () => {
  test('created without a password', () => given([]).when(create).then([created]))
  test('created with a password', () =>
    given([])
      .when({ ...create, passwordId: 'p1' })
      .then([created, passwordChanged('p1')]))
  test('created for an account at a provider', () =>
    given([])
      .when({ ...create, link: corp })
      .then([created, linked('42')]))
  test('the name is kept in NFC', () =>
    given([])
      .when({ ...create, username: 'e\u0301va' })
      .then([{ ...created, data: { ...created.data, username: '\u00e9va' } } as TokenEvent]))
  test('linked', () =>
    given([created])
      .when({ type: 'link', userId, time, ...corp })
      .then([linked('42')]))
  test('another password', () =>
    given([created, passwordChanged('p1')])
      .when({ type: 'set_password', userId, time, passwordId: 'p2' })
      .then([passwordChanged('p2')]))
  test('suspended', () => given([created]).when({ type: 'suspend', userId, time, reason: 'left' }).then([suspended]))
  test('resumed', () => given([created, suspended]).when({ type: 'resume', userId, time }).then([resumed]))
  test('claims', () =>
    given([created])
      .when({ type: 'change', userId, time, claims: UserClaims.fromPartial({ name: 'Eve' }) })
      .then([
        {
          type: 'gatehouse.token.v1.UserClaimsChanged',
          data: { userId, claims: UserClaims.fromPartial({ name: 'Eve' }), changeTime: time },
        },
      ]))
})

describe('changes nothing', () => {
  test('the same claims', () => given([created]).when({ type: 'change', userId, time, claims }).then([]))
  test('linked twice', () =>
    given([created, linked('42')])
      .when({ type: 'link', userId, time, ...corp })
      .then([]))
  test('suspended twice', () =>
    given([created, suspended]).when({ type: 'suspend', userId, time, reason: '' }).then([]))
  test('resumed while active', () => given([created]).when({ type: 'resume', userId, time }).then([]))
})

describe('refused', () => {
  test('created twice', () => given([created]).when(create).thenRefused('USER_EXISTS'))
  test.each([
    { type: 'suspend', userId, time, reason: '' },
    { type: 'resume', userId, time },
    { type: 'set_password', userId, time, passwordId: 'p' },
    { type: 'link', userId, time, ...corp },
    { type: 'change', userId, time, claims },
  ] as const)('$type before it exists', (command) => given([]).when(command).thenRefused('USER_NOT_FOUND'))
})

test('a user has one account at a provider, the last that was linked', () => {
  const state = fold(user, [created, linked('42'), linked('43')])
  expect(state?.links).toEqual([{ providerId: 'corp', providerSubject: '43' }])
})
