import type { TokenEvent } from '@gatehouse/contracts/events'
import { Session, User } from '@gatehouse/contracts/token/v1/grant'
import { fold, orStoreError, type Queryable, type StreamChange } from '@gatehouse/event-store'
import type pg from 'pg'
import { session as decider } from '../domain/session/decide.ts'

/** Writes the sessions that began, drops those that ended, and notes what their end is to bring about. */
export async function writeSessions(tx: Queryable, changes: readonly StreamChange<TokenEvent>[]): Promise<void> {
  const own = changes.filter(({ stream }) => stream.startsWith('session-'))
  for (const { events } of own) {
    const session = fold(decider, events)
    if (!session) continue
    const { sessionId, environmentId, userId, number, expireTime, endTime } = session
    if (endTime) {
      const text = 'DELETE FROM token.session WHERE session_id = $1'
      await tx.query({ name: 'drop session', text, values: [sessionId] })
      await noteSignOut(tx, { noun: 'session', id: sessionId, userId, environmentId, time: endTime })
      continue
    }
    await tx.query({
      name: 'write session',
      text: `
        INSERT INTO token.session (session_id, user_id, number, expire_time, message) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (session_id) DO UPDATE
        SET number = excluded.number, expire_time = excluded.expire_time, message = excluded.message`,
      values: [sessionId, userId, number, expireTime, Session.encode(session).finish()],
    })
  }
}

/** Sessions of a user are over at once when it is suspended or gets another password; their ends are written after. */
export async function noteUserSignOuts(tx: Queryable, changes: readonly StreamChange<TokenEvent>[]): Promise<void> {
  for (const { stream, appended, version, events } of changes) {
    const [created] = events
    const isNew = version === BigInt(appended.length)
    if (isNew || !stream.startsWith('user-') || created?.type !== 'gatehouse.token.v1.UserCreated') continue
    const { userId, environmentId } = created.data
    const cause = appended.find(({ type }) => endsSessions.has(type))
    if (cause) await noteSignOut(tx, { noun: 'user', id: userId, userId, environmentId, time: cause.recordTime })
  }
}

const endsSessions: ReadonlySet<string> = new Set([
  'gatehouse.token.v1.UserSuspended',
  'gatehouse.token.v1.UserPasswordChanged',
])

export interface SignOutTask {
  readonly noun: 'user' | 'session'
  readonly id: string
  readonly userId: string
  readonly environmentId: string
  readonly time: Date | undefined
}

async function noteSignOut(tx: Queryable, { noun, id, userId, environmentId, time }: SignOutTask): Promise<void> {
  await tx.query({
    name: 'note sign-out',
    text: `
      INSERT INTO token.sign_out_task (noun, id, user_id, environment_id, time) VALUES ($1, $2, $3, $4, $5)
      ON CONFLICT (noun, id) DO UPDATE SET time = excluded.time`,
    values: [noun, id, userId, environmentId, time],
  })
}

/** A session that has not ended, and what is known of its user. */
export interface OpenSession {
  readonly session: Session
  readonly number: number
  readonly user: User
  readonly passwordChangeTime: Date | undefined
}

interface Row {
  readonly message: Buffer
  readonly number: number
  readonly user_message: Buffer
  readonly password_change_time: Date | null
}

export type Sessions = ReturnType<typeof readSessions>

export function readSessions(pool: pg.Pool) {
  return {
    async find(sessionId: string): Promise<OpenSession | undefined> {
      const text = `
        SELECT session.message, number, "user".message AS user_message, password_change_time
        FROM token.session JOIN token."user" USING (user_id) WHERE session_id = $1`
      const { rows } = await orStoreError(pool.query<Row>({ name: 'session', text, values: [sessionId] }))
      const [row] = rows
      return (
        row && {
          session: Session.decode(row.message),
          number: row.number,
          user: User.decode(row.user_message),
          passwordChangeTime: row.password_change_time ?? undefined,
        }
      )
    },
    async ofUser(userId: string): Promise<readonly Session[]> {
      const text = 'SELECT message FROM token.session WHERE user_id = $1'
      const { rows } = await orStoreError(
        pool.query<Pick<Row, 'message'>>({ name: 'sessions of user', text, values: [userId] }),
      )
      return rows.map(({ message }) => Session.decode(message))
    },
  }
}
