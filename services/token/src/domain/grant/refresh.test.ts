import type { TokenEvent } from '@gatehouse/contracts/events'
import { fold } from '@gatehouse/event-store'
import { givenFor } from '@gatehouse/event-store/testing'
import { describe, expect, test } from 'vitest'
import { type GrantCommand, grant } from './decide.ts'
import type { Refresh } from './refresh.ts'
import {
  after,
  CODE_REPLAYED,
  days,
  OPERATOR,
  REFRESH_TOKEN_REUSED,
  redeemed,
  revoked,
  rotated,
  started,
} from './stories.fixture.ts'

const given = givenFor(grant)
const refresh = (generation: bigint, at: Date, more: Partial<Refresh> = {}): GrantCommand => ({
  ...{ type: 'refresh', grantId: 'grant1', clientId: 'app', generation, time: at },
  ...{ confirmation: '', scopes: [], ...more },
})
const first = [started(), redeemed({ at: after(0) })]
const second = [...first, rotated(2n, after(100))]
const third = [...second, rotated(3n, after(200))]

describe('happens', () => {
  test('rotated', () =>
    given(first)
      .when(refresh(1n, after(100)))
      .then([rotated(2n, after(100))]))
  test('rotated again', () =>
    given(second)
      .when(refresh(2n, after(200)))
      .then([rotated(3n, after(200))]))
  test('rotated for less', () =>
    given(first)
      .when(refresh(1n, after(100), { scopes: ['orders.read'] }))
      .then([rotated(2n, after(100))]))
  test('rotated in the last moment of being idle', () =>
    given(first)
      .when(refresh(1n, new Date(days(14).getTime() - 1)))
      .then([rotated(2n, new Date(days(14).getTime() - 1))]))
  test('rotated with the key it is bound to', () =>
    given([started(), redeemed({ confirmation: 'jkt' })])
      .when(refresh(1n, after(100), { confirmation: 'jkt' }))
      .then([rotated(2n, after(100), 'jkt')]))
  test('rotated with a key that an unbound one need not have', () =>
    given(first)
      .when(refresh(1n, after(100), { confirmation: 'jkt' }))
      .then([rotated(2n, after(100))]))
  test('revoked', () =>
    given(first)
      .when({ type: 'revoke', grantId: 'grant1', reason: OPERATOR, time: after(5) })
      .then([revoked(OPERATOR, after(5))]))
})

describe('read from the last rotation on, a family is what it is from the start', () => {
  test.each<[string, readonly TokenEvent[]]>([
    ['rotated', third],
    ['bound to a key', [started(), redeemed({ confirmation: 'jkt' }), rotated(2n, after(100), 'jkt')]],
    ['revoked', [...third, revoked(OPERATOR, after(300))]],
  ])('%s', (_, history) => {
    const last = history.findLastIndex(({ type }) => type === 'gatehouse.token.v1.RefreshTokenRotated')
    expect(fold(grant, history.slice(last))).toEqual(fold(grant, history))
  })
})

describe('changes nothing', () => {
  test('retried: the same successor', () =>
    given(second)
      .when(refresh(1n, after(101)))
      .then([]))
  test('retried in the last moment of the window', () =>
    given(second)
      .when(refresh(1n, after(109.999)))
      .then([]))
  test('revoked twice', () =>
    given([...first, revoked(CODE_REPLAYED, after(2))])
      .when({ type: 'revoke', grantId: 'grant1', reason: OPERATOR, time: after(5) })
      .then([]))
})

describe('reused: the family is dead', () => {
  test.each<[string, readonly TokenEvent[], bigint, number]>([
    ['the last but one, after the window', second, 1n, 110],
    ['the last but two, inside the window', third, 1n, 201],
    ['long after', third, 1n, 86_400],
    ['after the family ended', third, 1n, 31 * 86_400],
  ])('%s', (_, history, generation, seconds) =>
    given(history)
      .when(refresh(generation, after(seconds)))
      .then([revoked(REFRESH_TOKEN_REUSED, after(seconds))]),
  )
})

describe('refused, and changes nothing', () => {
  const bound = [started(), redeemed({ confirmation: 'jkt' }), rotated(2n, after(100), 'jkt')]
  test('unknown', () =>
    given([])
      .when(refresh(1n, after(1)))
      .thenRefused('GRANT_NOT_FOUND'))
  test('other client', () =>
    given(first)
      .when(refresh(1n, after(1), { clientId: 'other' }))
      .thenRefused('GRANT_OF_OTHER_CLIENT'))
  test('reuse by another client', () =>
    given(third)
      .when(refresh(1n, after(300), { clientId: 'other' }))
      .thenRefused('GRANT_OF_OTHER_CLIENT'))
  test.each(['', 'other'])('key %j instead of that it is bound to', (confirmation) =>
    given(bound)
      .when(refresh(2n, after(300), { confirmation }))
      .thenRefused('REFRESH_TOKEN_KEY_MISMATCH'),
  )
  test('retried with another key', () =>
    given(bound)
      .when(refresh(1n, after(101), { confirmation: 'other' }))
      .thenRefused('REFRESH_TOKEN_KEY_MISMATCH'))
  test('a generation that was never made', () =>
    given(first)
      .when(refresh(2n, after(1)))
      .thenRefused('REFRESH_TOKEN_UNKNOWN'))
  test('before the code was redeemed', () =>
    given([started()])
      .when(refresh(1n, after(1)))
      .thenRefused('REFRESH_TOKEN_UNKNOWN'))
  test('without refresh token', () =>
    given([started(), redeemed({ refreshGeneration: undefined })])
      .when(refresh(1n, after(1)))
      .thenRefused('REFRESH_TOKEN_UNKNOWN'))
  test('idle', () =>
    given(first)
      .when(refresh(1n, days(14)))
      .thenRefused('REFRESH_TOKEN_IDLE'))
  test('the family ended', () =>
    given([...first, rotated(2n, days(29))])
      .when(refresh(2n, days(30)))
      .thenRefused('GRANT_EXPIRED'))
  test('the family ended inside the window', () =>
    given([...first, rotated(2n, new Date(days(30).getTime() - 1000))])
      .when(refresh(1n, days(30)))
      .thenRefused('GRANT_EXPIRED'))
  test('more than was granted', () =>
    given(first)
      .when(refresh(1n, after(1), { scopes: ['orders.read', 'orders.delete'] }))
      .thenRefused('SCOPE_NOT_GRANTED'))
  test('more than was granted, retried', () =>
    given(second)
      .when(refresh(1n, after(101), { scopes: ['orders.delete'] }))
      .thenRefused('SCOPE_NOT_GRANTED'))
  test.each([1n, 2n])('revoked, generation %s', (generation) =>
    given([...second, revoked(OPERATOR, after(150))])
      .when(refresh(generation, after(151)))
      .thenRefused('GRANT_REVOKED'),
  )
})
