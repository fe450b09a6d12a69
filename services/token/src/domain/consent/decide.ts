import type { TokenEvent } from '@gatehouse/contracts/events'
import { failedPrecondition } from '@gatehouse/errors'
import type { Decider } from '@gatehouse/event-store'
import { type Agreement, type ConsentFacts, covers, evolve, initialState } from './consent.ts'

export interface ConsentParties {
  readonly environmentId: string
  readonly userId: string
  readonly clientId: string
}

export type ConsentCommand = ConsentParties & { readonly time: Date } & (
    | ({ readonly type: 'give' } & Agreement)
    /** Refuses unless the user agreed to all of it, and did not take it back meanwhile. */
    | ({ readonly type: 'require' } & Agreement)
    | { readonly type: 'withdraw' }
  )

export const consent: Decider<ConsentFacts, TokenEvent, ConsentCommand> = { initialState, evolve, decide }

function decide(command: ConsentCommand, state: ConsentFacts): readonly TokenEvent[] {
  const { environmentId, userId, clientId, time } = command
  const parties = { environmentId, userId, clientId }
  switch (command.type) {
    case 'give': {
      if (covers(state, command)) return []
      const scopes = [...new Set([...(state?.scopes ?? []), ...command.scopes])]
      const { authorizationDetails } = command
      const data = { ...parties, scopes, authorizationDetails, consentTime: time }
      return [{ type: 'gatehouse.token.v1.ConsentGiven', data }]
    }
    case 'require': {
      if (covers(state, command)) return []
      throw failedPrecondition('CONSENT_REQUIRED', `user ${userId} has not agreed to what ${clientId} asks for`)
    }
    case 'withdraw':
      if (!state) return []
      return [{ type: 'gatehouse.token.v1.ConsentWithdrawn', data: { ...parties, withdrawTime: time } }]
    default:
      return command satisfies never
  }
}
