import type { TokenEvent } from '@gatehouse/contracts/events'
import { type Session, type User, UserState } from '@gatehouse/contracts/token/v1/grant'

/** A session as its events make it; undefined when it does not exist. */
export type SessionFacts = ExistingSession | undefined

export interface ExistingSession extends Session {
  /** The session token carries it; one with a lower number is from before the user signed in again. */
  readonly number: number
  readonly endTime: Date | undefined
}

export const initialState: SessionFacts = undefined

export function evolve(session: SessionFacts, { type, data }: TokenEvent): SessionFacts {
  if (type === 'gatehouse.token.v1.SessionStarted') {
    return data.session && { ...data.session, number: 1, endTime: undefined }
  }
  if (!session) return session
  switch (type) {
    case 'gatehouse.token.v1.SessionRenewed': {
      const { authTime, authenticationMethods, expireTime, providerId } = data
      return { ...session, number: Number(data.number), authTime, authenticationMethods, expireTime, providerId }
    }
    case 'gatehouse.token.v1.SessionEnded':
      return { ...session, endTime: data.endTime }
    default:
      return session
  }
}

/** What of a user decides on its sessions. */
export type SessionUser = Pick<User, 'userId' | 'state'> & { readonly passwordChangeTime: Date | undefined }

/**
 * Whether somebody is signed in by it: not ended, not too old, the user neither suspended nor with another password
 * since. Sign-in is what a password is changed against, so its time counts, not the session's first.
 */
export function isLive(session: SessionFacts, user: SessionUser | undefined, time: Date): session is ExistingSession {
  if (!session || !user || session.endTime || session.userId !== user.userId) return false
  if (!session.authTime || !session.expireTime || time >= session.expireTime) return false
  if (user.state !== UserState.USER_STATE_ACTIVE) return false
  return !user.passwordChangeTime || session.authTime > user.passwordChangeTime
}
