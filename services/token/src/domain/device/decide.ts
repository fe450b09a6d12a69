import type { TokenEvent } from '@gatehouse/contracts/events'
import type { DeviceAuthorization } from '@gatehouse/contracts/token/v1/grant'
import { alreadyExists, failedPrecondition, notFound } from '@gatehouse/errors'
import type { Decider } from '@gatehouse/event-store'
import { type DeviceFacts, evolve, initialState, isExpired } from './device.ts'

export type DeviceCommand = { readonly deviceAuthorizationId: string; readonly time: Date } & (
  | { readonly type: 'start'; readonly authorization: DeviceAuthorization }
  | { readonly type: 'approve'; readonly grantId: string; readonly userId: string }
  | { readonly type: 'deny' }
  /** By the client that authenticated. */
  | { readonly type: 'redeem'; readonly clientId: string }
)

/**
 * What a device is told is the reason of the refusal (RFC 8628 section 3.5): `AUTHORIZATION_PENDING`, `ACCESS_DENIED`,
 * `EXPIRED_TOKEN`, `DEVICE_CODE_REDEEMED`, `DEVICE_CODE_OF_OTHER_CLIENT`.
 */
export const device: Decider<DeviceFacts, TokenEvent, DeviceCommand> = { initialState, evolve, decide }

function decide(command: DeviceCommand, state: DeviceFacts): readonly TokenEvent[] {
  const { deviceAuthorizationId, time } = command
  if (command.type === 'start') {
    if (state) throw alreadyExists('device_authorization', deviceAuthorizationId)
    const { authorization: deviceAuthorization } = command
    return [{ type: 'gatehouse.token.v1.DeviceAuthorizationStarted', data: { deviceAuthorization } }]
  }
  if (!state) throw notFound('device_authorization', deviceAuthorizationId)
  switch (command.type) {
    case 'approve': {
      answerable(state, time)
      const { grantId, userId } = command
      const data = { deviceAuthorizationId, grantId, userId, approveTime: time }
      return [{ type: 'gatehouse.token.v1.DeviceAuthorizationApproved', data }]
    }
    case 'deny':
      answerable(state, time)
      return [{ type: 'gatehouse.token.v1.DeviceAuthorizationDenied', data: { deviceAuthorizationId, denyTime: time } }]
    case 'redeem':
      redeemable(state, command.clientId, time)
      return [
        { type: 'gatehouse.token.v1.DeviceAuthorizationRedeemed', data: { deviceAuthorizationId, redeemTime: time } },
      ]
    default:
      return command satisfies never
  }
}

/** The user answers once, in time. */
function answerable(device: NonNullable<DeviceFacts>, time: Date): void {
  if (isExpired(device, time)) throw refused('EXPIRED_TOKEN', 'the device has waited too long')
  if (device.state !== 'pending') throw refused('DEVICE_ANSWERED', 'the device has its answer already')
}

/** RFC 8628 section 3.5. The client comes first: another one learns nothing of the user's answer. */
function redeemable(device: NonNullable<DeviceFacts>, clientId: string, time: Date): void {
  if (device.authorization.clientId !== clientId) {
    throw refused('DEVICE_CODE_OF_OTHER_CLIENT', "the device code is another client's")
  }
  if (device.state === 'redeemed') throw refused('DEVICE_CODE_REDEEMED', 'the device code was redeemed')
  if (isExpired(device, time)) throw refused('EXPIRED_TOKEN', 'the device code has expired')
  if (device.state === 'denied') throw refused('ACCESS_DENIED', 'the user refused')
  if (device.state === 'pending') throw refused('AUTHORIZATION_PENDING', 'the user has not answered yet')
}

function refused(reason: string, message: string): Error {
  return failedPrecondition(reason, message)
}
