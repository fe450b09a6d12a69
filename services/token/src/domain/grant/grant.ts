import type { TokenEvent } from '@gatehouse/contracts/events'
import { type Grant, GrantRevocationReason, GrantState } from '@gatehouse/contracts/token/v1/grant'
import type { RefreshTokenRotated } from '@gatehouse/contracts/token/v1/token_events'
import { notFound } from '@gatehouse/errors'

/** A grant as its events make it; undefined when it does not exist. Its version is that of its stream. */
export type GrantFacts = ExistingGrant | undefined

export interface ExistingGrant {
  readonly grant: Grant
  readonly state: GrantState
  /** Of the newest refresh token, from 1; undefined: the grant has none. */
  readonly generation: bigint | undefined
  /** When the newest refresh token was made. */
  readonly refreshTime: Date | undefined
  /** Thumbprint of the key that its refresh tokens are bound to; empty: unbound. */
  readonly confirmation: string
  readonly revocationReason: GrantRevocationReason
}

export const initialState: GrantFacts = undefined

export function evolve(found: GrantFacts, { type, data }: TokenEvent): GrantFacts {
  if (type === 'gatehouse.token.v1.GrantStarted') return data.grant && started(data.grant)
  if (type === 'gatehouse.token.v1.RefreshTokenRotated') return data.grant ? refreshed(data.grant, data) : found
  if (!found) return found
  switch (type) {
    case 'gatehouse.token.v1.AuthorizationCodeRedeemed': {
      const { refreshGeneration: generation, redeemTime: refreshTime, confirmation } = data
      return { ...found, state: GrantState.GRANT_STATE_ACTIVE, generation, refreshTime, confirmation }
    }
    case 'gatehouse.token.v1.GrantRevoked':
      return { ...found, state: GrantState.GRANT_STATE_REVOKED, revocationReason: data.reason }
    default:
      return found
  }
}

function started(grant: Grant): ExistingGrant {
  const unrefreshed = { generation: undefined, refreshTime: undefined, confirmation: '' }
  const revocationReason = GrantRevocationReason.GRANT_REVOCATION_REASON_UNSPECIFIED
  return { grant, state: GrantState.GRANT_STATE_STARTED, ...unrefreshed, revocationReason }
}

function refreshed(
  grant: Grant,
  { generation, rotateTime: refreshTime, confirmation }: RefreshTokenRotated,
): ExistingGrant {
  const state = GrantState.GRANT_STATE_ACTIVE
  return { ...started(grant), state, generation, refreshTime, confirmation }
}

/** @throws NOT_FOUND */
export function existing(found: GrantFacts, grantId: string): ExistingGrant {
  if (!found) throw notFound('grant', grantId)
  return found
}
