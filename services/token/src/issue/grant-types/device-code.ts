import { Refused } from '../../refused.ts'
import { redeemCode } from '../redeem-code.ts'
import type { GrantType } from './grant-type.ts'

/** RFC 8628 section 3.4: a device asks until its user has answered. */
export const deviceCode: GrantType = async (parts, request, client) => {
  const { parameters, environment, nowMs } = request
  const code = parts.handles.open('device_code', parameters.require('device_code'))
  if (!code || code.environmentId !== environment.environmentId) throw new Refused('device_code_invalid')
  const { clientId } = client.client
  const found = await parts.signIn.devices.poll(code.id, clientId, new Date(nowMs))
  if (!found) throw new Refused('device_code_expired')
  if (found.clientId !== clientId) throw new Refused('device_code_of_another_client')
  switch (found.state) {
    case 'pending':
      throw new Refused(found.tooSoon ? 'device_polled_too_soon' : 'authorization_pending')
    case 'denied':
      throw new Refused('device_denied')
    case 'redeemed':
      throw new Refused('device_code_redeemed')
    case 'approved':
      return redeemCode(parts, request, client, found.grantId, undefined, code.id)
    default:
      return found.state satisfies never
  }
}
