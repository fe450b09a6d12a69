import type { TokenEvent } from '@gatehouse/contracts/events'
import { type Session, UserState } from '@gatehouse/contracts/token/v1/grant'
import { fold } from '@gatehouse/event-store'
import { givenFor } from '@gatehouse/event-store/testing'
import { describe, expect, test } from 'vitest'
import { session as decider } from './decide.ts'
import { isLive, type SessionUser } from './session.ts'

const given = givenFor(decider)
const time = new Date('2026-11-23T12:00:00Z')
const minutes = (count: number) => new Date(time.getTime() + count * 60_000)
const sessionId = 's1'
const session: Session = {
  ...{ sessionId, environmentId: 'alpha', userId: 'ada', authTime: time, expireTime: minutes(60) },
  ...{ authenticationMethods: ['pwd'], providerId: '' },
}
const again = { ...session, authTime: minutes(30), expireTime: minutes(90), authenticationMethods: ['fed'] }

const started: TokenEvent = { type: 'gatehouse.token.v1.SessionStarted', data: { session } }
const ended: TokenEvent = {
  type: 'gatehouse.token.v1.SessionEnded',
  data: { sessionId, environmentId: 'alpha', userId: 'ada', endTime: minutes(10) },
}
const renewed: TokenEvent = {
  type: 'gatehouse.token.v1.SessionRenewed',
  data: {
    ...{ sessionId, number: 2n, authTime: minutes(30), expireTime: minutes(90), providerId: '' },
    authenticationMethods: ['fed'],
  },
}
const renew = { type: 'renew', sessionId, session: again, time: minutes(30) } as const
const end = { type: 'end', sessionId, time: minutes(10) } as const

describe('happens', () => {
  test('started', () => given([]).when({ type: 'start', sessionId, session, time }).then([started]))
  test('renewed by another sign-in', () => given([started]).when(renew).then([renewed]))
  test('ended', () => given([started]).when(end).then([ended]))
  test('ended twice changes nothing', () => given([started, ended]).when(end).then([]))
})

describe('refused', () => {
  test('started twice', () =>
    given([started]).when({ type: 'start', sessionId, session, time }).thenRefused('SESSION_EXISTS'))
  test('ended before it exists', () => given([]).when(end).thenRefused('SESSION_NOT_FOUND'))
  test('renewed after its end', () => given([started, ended]).when(renew).thenRefused('SESSION_ENDED'))
  test('renewed by another user', () =>
    given([started])
      .when({ ...renew, session: { ...again, userId: 'eve' } })
      .thenRefused('SESSION_OF_OTHER_USER'))
})

describe('live', () => {
  const user = { userId: 'ada', state: UserState.USER_STATE_ACTIVE, passwordChangeTime: undefined }
  const live = (history: TokenEvent[], who: SessionUser | undefined, at: Date) =>
    isLive(fold(decider, history), who, at)

  test('until it expires', () => {
    expect(live([started], user, minutes(59))).toBe(true)
    expect(live([started], user, minutes(60))).toBe(false)
    expect(live([started, renewed], user, minutes(60))).toBe(true)
  })
  test.each([
    ['it was ended', [started, ended], user],
    ['the user is suspended', [started], { ...user, state: UserState.USER_STATE_SUSPENDED }],
    ['the user is in an unknown state', [started], { ...user, state: UserState.USER_STATE_UNSPECIFIED }],
    ['the user is gone', [started], undefined],
    ['it is of another user', [started], { ...user, userId: 'eve' }],
    ['the password was changed after the sign-in', [started], { ...user, passwordChangeTime: minutes(5) }],
    ['it was never started', [], user],
  ] as const)('not when %s', (_, history, who) => expect(live([...history], who, minutes(20))).toBe(false))
  test('after a new sign-in with the new password', () =>
    expect(live([started, renewed], { ...user, passwordChangeTime: minutes(5) }, minutes(40))).toBe(true))
})
