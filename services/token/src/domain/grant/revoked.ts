import type { TokenEvent } from '@gatehouse/contracts/events'
import type { GrantRevocationReason } from '@gatehouse/contracts/token/v1/grant'
import type { ExistingGrant } from './grant.ts'

/** The longest life an API may give its access tokens (1 day), and as long as clocks may differ. */
export const accessTokenLifeMaxMs = 24 * 3_600_000 + 60_000

/** The end of a grant. A token that was on its way out meanwhile is dead when nobody remembers the revocation any more. */
export function revoked({ grant }: ExistingGrant, reason: GrantRevocationReason, revokeTime: Date): TokenEvent {
  const { grantId, environmentId } = grant
  const expireTime = new Date(revokeTime.getTime() + accessTokenLifeMaxMs)
  return { type: 'gatehouse.token.v1.GrantRevoked', data: { grantId, environmentId, reason, revokeTime, expireTime } }
}
