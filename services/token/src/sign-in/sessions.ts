import { randomBytes } from 'node:crypto'
import type { Browser, NewSession } from '@gatehouse/contracts/token/v1/authorization_service'
import type { Session } from '@gatehouse/contracts/token/v1/grant'
import { encodeBase32, secretIdBytes } from '@gatehouse/credential-format'
import { failedPrecondition, GatehouseError } from '@gatehouse/errors'
import { session as decider } from '../domain/session/decide.ts'
import { type ExistingSession, isLive } from '../domain/session/session.ts'
import { active } from '../domain/user/user.ts'
import type { Place } from '../issue/token-request.ts'
import type { OpenSession } from '../read/sessions.ts'
import { streams } from '../store/streams.ts'
import { transact } from '../store/transact.ts'
import type { TokenParts } from '../token-parts.ts'

type Parts = Pick<TokenParts, 'store' | 'handles' | 'views' | 'signIn'>

/** RFC 8176. */
export type SignInMethod = 'pwd' | 'fed'

/** Somebody who has just shown who he is. */
export interface SignedIn {
  readonly userId: string
  readonly method: SignInMethod
  /** Where, unless here. */
  readonly providerId: string
  /** Which password was shown; undefined: none. */
  readonly passwordId?: string
}

/** A session of which the browser holds the token, and what tells the browser so. */
export interface BegunSession {
  readonly session: Session
  readonly newSession: NewSession
}

/**
 * The session of a browser, live at this moment: not ended, not too old, of a user that is neither suspended nor cut off
 * nor has another password since.
 */
export async function liveSession(parts: Parts, place: Place, browser: Browser): Promise<OpenSession | undefined> {
  const handle = parts.handles.open('session', browser.sessionToken)
  const { environmentId } = place.environment
  if (!handle || handle.environmentId !== environmentId) return undefined
  const open = await parts.signIn.sessions.find(handle.id)
  if (!open || open.number !== handle.number || open.session.environmentId !== environmentId) return undefined
  const { session, user, passwordChangeTime } = open
  const now = new Date(place.nowMs)
  if (!isLive({ ...session, number: open.number, endTime: undefined }, { ...user, passwordChangeTime }, now))
    return undefined
  return (await isCutOff(parts, session)) ? undefined : open
}

/** Whether an operator revoked everything from before a time after the sign-in. */
async function isCutOff({ views }: Parts, { environmentId, userId, authTime }: Session): Promise<boolean> {
  const cutoff = await views.cutoffOf({ environmentId, userId })
  return cutoff !== undefined && !(authTime !== undefined && authTime > cutoff)
}

/**
 * Signs a user in, in this browser. The same user keeps the session (`sid`), with another token, so that one planted
 * before the sign-in is worth nothing; the session of another user is ended.
 * @throws NOT_FOUND, FAILED_PRECONDITION `USER_SUSPENDED`, `PASSWORD_CHANGED`
 */
export async function beginSession(
  parts: Parts,
  place: Place,
  browser: Browser,
  signedIn: SignedIn,
): Promise<BegunSession> {
  const before = await liveSession(parts, place, browser)
  if (before && before.user.userId !== signedIn.userId) await endSession(parts, before.session.sessionId)
  const sessionId =
    before?.user.userId === signedIn.userId ? before.session.sessionId : encodeBase32(randomBytes(secretIdBytes))
  const session = sessionOf(place, sessionId, signedIn)
  const write = (id: string) => writeSession(parts, { ...session, sessionId: id }, signedIn.passwordId)
  const written = await write(sessionId).catch((error: unknown) => {
    // It was ended at the same moment, in another window.
    if (!(error instanceof GatehouseError) || error.reason !== 'SESSION_ENDED') throw error
    return write(encodeBase32(randomBytes(secretIdBytes)))
  })
  const { environmentId } = session
  const sessionToken = parts.handles.mint('session', { environmentId, id: written.sessionId, number: written.number })
  return {
    session: written,
    newSession: { sessionToken, maxAgeSeconds: BigInt(Math.floor(place.issuer.sessionLifetimeMs / 1000)) },
  }
}

function sessionOf(place: Place, sessionId: string, { userId, method, providerId }: SignedIn): Session {
  // The clock of now: the password may have been changed while the request was worked on.
  const authTime = new Date()
  const expireTime = new Date(authTime.getTime() + place.issuer.sessionLifetimeMs)
  const { environmentId } = place.environment
  return { sessionId, environmentId, userId, authTime, authenticationMethods: [method], expireTime, providerId }
}

async function writeSession({ store }: Parts, session: Session, passwordId?: string): Promise<ExistingSession> {
  const { sessionId, userId } = session
  const { states } = await transact(store, {
    streams: { session: streams.session(sessionId), user: streams.user(userId) },
    decide(found) {
      const user = active(found.user, userId)
      // It was changed after it was checked, and before this transaction.
      if (passwordId !== undefined && passwordId !== user.passwordId) throw passwordChanged(userId)
      const type = found.session ? 'renew' : 'start'
      const command = { type, sessionId, session, time: session.authTime ?? new Date() } as const
      return { events: { session: decider.decide(command, found.session) } }
    },
  })
  if (!states.session) throw new Error(`session ${sessionId} was not written`)
  return states.session
}

/** Ends a session; nothing when it has ended. What else is to happen then is noted with the event. */
export async function endSession({ store }: Pick<TokenParts, 'store'>, sessionId: string): Promise<void> {
  await transact(store, {
    streams: { session: streams.session(sessionId) },
    decide: ({ session }) => ({
      events: { session: decider.decide({ type: 'end', sessionId, time: new Date() }, session) },
    }),
  })
}

function passwordChanged(userId: string): Error {
  return failedPrecondition('PASSWORD_CHANGED', `the password of user ${userId} is another one by now`)
}

export const signedOut: NewSession = { sessionToken: '', maxAgeSeconds: 0n }
