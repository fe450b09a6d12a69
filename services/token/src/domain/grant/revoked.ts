import type { TokenEvent } from '@gatehouse/contracts/events'
import type { GrantRevocationReason } from '@gatehouse/contracts/token/v1/grant'
import { latestExpiry } from '../../issue/token-life.ts'
import type { ExistingGrant } from './grant.ts'

/** The end of a grant. A token that was on its way out meanwhile is dead when nobody remembers the revocation any more. */
export function revoked({ grant }: ExistingGrant, reason: GrantRevocationReason, revokeTime: Date): TokenEvent {
  const { grantId, environmentId } = grant
  const expireTime = latestExpiry(revokeTime)
  return { type: 'gatehouse.token.v1.GrantRevoked', data: { grantId, environmentId, reason, revokeTime, expireTime } }
}
