import type { TokenEvent } from '@gatehouse/contracts/events'
import { DeviceAuthorization } from '@gatehouse/contracts/token/v1/grant'
import { givenFor } from '@gatehouse/event-store/testing'
import { describe, test } from 'vitest'
import { device } from './decide.ts'

const given = givenFor(device)
const time = new Date('2026-11-23T12:00:00Z')
const expireTime = new Date('2026-11-23T12:10:00Z')
const deviceAuthorizationId = 'd1'
const authorization = DeviceAuthorization.fromPartial({
  deviceAuthorizationId,
  clientId: 'tv',
  startTime: time,
  expireTime,
})

const started: TokenEvent = {
  type: 'gatehouse.token.v1.DeviceAuthorizationStarted',
  data: { deviceAuthorization: authorization },
}
const approved: TokenEvent = {
  type: 'gatehouse.token.v1.DeviceAuthorizationApproved',
  data: { deviceAuthorizationId, grantId: 'g1', userId: 'ada', approveTime: time },
}
const denied: TokenEvent = {
  type: 'gatehouse.token.v1.DeviceAuthorizationDenied',
  data: { deviceAuthorizationId, denyTime: time },
}
const redeemed: TokenEvent = {
  type: 'gatehouse.token.v1.DeviceAuthorizationRedeemed',
  data: { deviceAuthorizationId, redeemTime: time },
}
const start = { type: 'start', deviceAuthorizationId, authorization, time } as const
const approve = { type: 'approve', deviceAuthorizationId, grantId: 'g1', userId: 'ada', time } as const
const deny = { type: 'deny', deviceAuthorizationId, time } as const
const redeem = { type: 'redeem', deviceAuthorizationId, clientId: 'tv', time } as const

describe('happens', () => {
  test('started', () => given([]).when(start).then([started]))
  test('approved', () => given([started]).when(approve).then([approved]))
  test('denied', () => given([started]).when(deny).then([denied]))
  test('redeemed', () => given([started, approved]).when(redeem).then([redeemed]))
})

describe('refused', () => {
  test('started twice', () => given([started]).when(start).thenRefused('DEVICE_AUTHORIZATION_EXISTS'))
  test('redeemed before it exists', () => given([]).when(redeem).thenRefused('DEVICE_AUTHORIZATION_NOT_FOUND'))
  test('redeemed before the user answered', () => given([started]).when(redeem).thenRefused('AUTHORIZATION_PENDING'))
  test('redeemed after the user refused', () => given([started, denied]).when(redeem).thenRefused('ACCESS_DENIED'))
  test('redeemed twice', () => given([started, approved, redeemed]).when(redeem).thenRefused('DEVICE_CODE_REDEEMED'))
  test('redeemed too late, though approved', () =>
    given([started, approved])
      .when({ ...redeem, time: expireTime })
      .thenRefused('EXPIRED_TOKEN'))
  test('redeemed by another client, which learns no state', () =>
    given([started, denied])
      .when({ ...redeem, clientId: 'other' })
      .thenRefused('DEVICE_CODE_OF_OTHER_CLIENT'))
  test('approved too late', () =>
    given([started])
      .when({ ...approve, time: expireTime })
      .thenRefused('EXPIRED_TOKEN'))
  test('approved after it was denied', () => given([started, denied]).when(approve).thenRefused('DEVICE_ANSWERED'))
  test('approved twice, by another user', () =>
    given([started, approved])
      .when({ ...approve, userId: 'eve' })
      .thenRefused('DEVICE_ANSWERED'))
  test('denied after it was redeemed', () =>
    given([started, approved, redeemed]).when(deny).thenRefused('DEVICE_ANSWERED'))
})
