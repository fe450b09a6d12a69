import type { TokenEvent } from '@gatehouse/contracts/events'
import type { DeviceAuthorization } from '@gatehouse/contracts/token/v1/grant'

export type DeviceState = 'pending' | 'approved' | 'denied' | 'redeemed'

/** A device authorization as its events make it; undefined when it does not exist. */
export type DeviceFacts = ExistingDevice | undefined

export interface ExistingDevice {
  readonly authorization: DeviceAuthorization
  readonly state: DeviceState
  /** Of an approved one: what its tokens come from. */
  readonly grantId: string
  readonly userId: string
}

export const initialState: DeviceFacts = undefined

export function evolve(device: DeviceFacts, { type, data }: TokenEvent): DeviceFacts {
  if (type === 'gatehouse.token.v1.DeviceAuthorizationStarted') {
    const { deviceAuthorization: authorization } = data
    return authorization && { authorization, state: 'pending', grantId: '', userId: '' }
  }
  if (!device) return device
  switch (type) {
    case 'gatehouse.token.v1.DeviceAuthorizationApproved':
      return { ...device, state: 'approved', grantId: data.grantId, userId: data.userId }
    case 'gatehouse.token.v1.DeviceAuthorizationDenied':
      return { ...device, state: 'denied' }
    case 'gatehouse.token.v1.DeviceAuthorizationRedeemed':
      return { ...device, state: 'redeemed' }
    default:
      return device
  }
}

/** RFC 8628 section 3.5: after that the code is nothing. */
export function isExpired({ authorization }: ExistingDevice, time: Date): boolean {
  return !authorization.expireTime || time >= authorization.expireTime
}
