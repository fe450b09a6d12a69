import type { TokenEvent } from '@gatehouse/contracts/events'
import { type Grant, type GrantRevocationReason, GrantState } from '@gatehouse/contracts/token/v1/grant'
import { alreadyExists } from '@gatehouse/errors'
import type { Decider } from '@gatehouse/event-store'
import { evolve, existing, type GrantFacts, initialState } from './grant.ts'
import { type RedeemCode, redeem } from './redeem.ts'
import { type Refresh, refresh } from './refresh.ts'
import { revoked } from './revoked.ts'

export type GrantCommand = { readonly grantId: string; readonly time: Date } & (
  | { readonly type: 'start'; readonly grant: Grant }
  | RedeemCode
  | Refresh
  | { readonly type: 'revoke'; readonly reason: GrantRevocationReason }
)

/**
 * What is refused for good is an event, not an error: a code that comes again, or a refresh token that was rotated,
 * answers GrantRevoked. Whoever asked finds the grant revoked and has to refuse.
 */
export const grant: Decider<GrantFacts, TokenEvent, GrantCommand> = { initialState, evolve, decide }

function decide(command: GrantCommand, state: GrantFacts): readonly TokenEvent[] {
  const { grantId, time } = command
  if (command.type === 'start') {
    if (state) throw alreadyExists('grant', grantId)
    return [{ type: 'gatehouse.token.v1.GrantStarted', data: { grant: command.grant } }]
  }
  const found = existing(state, grantId)
  switch (command.type) {
    case 'redeem':
      return redeem(command, found, time)
    case 'refresh':
      return refresh(command, found, time)
    case 'revoke':
      return found.state === GrantState.GRANT_STATE_REVOKED ? [] : [revoked(found, command.reason, time)]
    default:
      return command satisfies never
  }
}
