import type { TokenEvent } from '@gatehouse/contracts/events'
import type { Decider } from '@gatehouse/event-store'

/** When the token was revoked; undefined: it was not. */
export type RevokedToken = Date | undefined

export interface RevokeToken {
  readonly environmentId: string
  readonly tokenId: string
  /** Empty where it is not known. */
  readonly clientId: string
  readonly reason: string
  /** When the token is dead by itself. */
  readonly expireTime: Date
  readonly time: Date
}

/** Revoking twice changes nothing. */
export const revokedToken: Decider<RevokedToken, TokenEvent, RevokeToken> = {
  initialState: undefined,
  evolve: (revoked, { type, data }) => (type === 'gatehouse.token.v1.TokenRevoked' ? data.revokeTime : revoked),
  decide({ time, ...command }, revoked) {
    return revoked ? [] : [{ type: 'gatehouse.token.v1.TokenRevoked', data: { ...command, revokeTime: time } }]
  },
}
