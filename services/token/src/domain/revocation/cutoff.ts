import type { TokenEvent } from '@gatehouse/contracts/events'
import type { CutoffSubject } from '@gatehouse/contracts/token/v1/revocation'
import type { Decider } from '@gatehouse/event-store'

/** Everything issued for a subject at or before this time is refused; undefined: nothing is. */
export type Cutoff = Date | undefined

export interface RevokeTokensBefore {
  readonly environmentId: string
  readonly subject: CutoffSubject
  /** Empty for the environment. */
  readonly subjectId: string
  readonly before: Date
  readonly reason: string
  readonly time: Date
}

/** A cut-off only ever moves forward. */
export const cutoff: Decider<Cutoff, TokenEvent, RevokeTokensBefore> = {
  initialState: undefined,
  evolve: (before, { type, data }) => (type === 'gatehouse.token.v1.TokensRevokedBefore' ? data.before : before),
  decide({ time, ...command }, current) {
    if (current && current >= command.before) return []
    return [{ type: 'gatehouse.token.v1.TokensRevokedBefore', data: { ...command, revokeTime: time } }]
  },
}
