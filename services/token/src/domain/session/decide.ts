import type { TokenEvent } from '@gatehouse/contracts/events'
import type { Session } from '@gatehouse/contracts/token/v1/grant'
import { alreadyExists, failedPrecondition, notFound } from '@gatehouse/errors'
import type { Decider } from '@gatehouse/event-store'
import { evolve, initialState, type SessionFacts } from './session.ts'

export type SessionCommand = { readonly sessionId: string; readonly time: Date } & (
  | { readonly type: 'start'; readonly session: Session }
  | { readonly type: 'renew'; readonly session: Session }
  | { readonly type: 'end' }
)

export const session: Decider<SessionFacts, TokenEvent, SessionCommand> = { initialState, evolve, decide }

function decide(command: SessionCommand, state: SessionFacts): readonly TokenEvent[] {
  const { sessionId, time } = command
  if (command.type === 'start') {
    if (state) throw alreadyExists('session', sessionId)
    return [{ type: 'gatehouse.token.v1.SessionStarted', data: { session: command.session } }]
  }
  if (!state) throw notFound('session', sessionId)
  switch (command.type) {
    case 'renew': {
      if (state.endTime) throw failedPrecondition('SESSION_ENDED', `session ${sessionId} has ended`)
      if (state.userId !== command.session.userId) {
        throw failedPrecondition('SESSION_OF_OTHER_USER', `session ${sessionId} is another user's`)
      }
      const { authTime, authenticationMethods, expireTime, providerId } = command.session
      const number = BigInt(state.number + 1)
      const data = { sessionId, number, authTime, authenticationMethods, expireTime, providerId }
      return [{ type: 'gatehouse.token.v1.SessionRenewed', data }]
    }
    case 'end': {
      if (state.endTime) return []
      const { environmentId, userId } = state
      const data = { sessionId, environmentId, userId, endTime: time }
      return [{ type: 'gatehouse.token.v1.SessionEnded', data }]
    }
    default:
      return command satisfies never
  }
}
