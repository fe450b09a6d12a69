import type { TokenEvent } from '@gatehouse/contracts/events'
import { User } from '@gatehouse/contracts/token/v1/grant'
import { fold, orStoreError, type Queryable, type StreamChange } from '@gatehouse/event-store'
import type pg from 'pg'
import { user as decider } from '../domain/user/decide.ts'
import type { UserFacts } from '../domain/user/user.ts'
import { usernameKey } from '../domain/user/username.ts'

/** A user as the API tells it. */
export function userMessage(user: UserFacts, version: bigint): User | undefined {
  if (!user) return undefined
  const { passwordId, passwordChangeTime: _, ...told } = user
  return { ...told, hasPassword: passwordId !== '', version }
}

/** Writes the users that changed, and drops the hashes of their former passwords. */
export async function writeUsers(tx: Queryable, changes: readonly StreamChange<TokenEvent>[]): Promise<void> {
  const own = changes.filter(({ stream }) => stream.startsWith('user-'))
  for (const { events, version } of own) {
    const user = fold(decider, events)
    const message = userMessage(user, version)
    if (!user || !message) continue
    const { userId, environmentId, username, passwordId, passwordChangeTime } = user
    await tx.query({
      name: 'write user',
      text: `
        INSERT INTO token."user"
          (user_id, environment_id, username_key, password_id, password_change_time, message)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (user_id) DO UPDATE SET password_id = excluded.password_id,
          password_change_time = excluded.password_change_time, message = excluded.message`,
      values: [
        ...[userId, environmentId, usernameKey(username), passwordId, passwordChangeTime],
        User.encode(message).finish(),
      ],
    })
    await dropPasswords(tx, supersededPasswords(events, passwordId))
    await writeLinks(tx, message)
  }
}

/** Those that the events name, and no other: the hash of a password that is about to be set is kept already. */
function supersededPasswords(events: readonly TokenEvent[], current: string): readonly string[] {
  const named = events.flatMap(({ type, data }) =>
    type === 'gatehouse.token.v1.UserPasswordChanged' ? [data.passwordId] : [],
  )
  return named.filter((passwordId) => passwordId !== current)
}

async function dropPasswords(tx: Queryable, passwordIds: readonly string[]): Promise<void> {
  if (passwordIds.length === 0) return
  const text = 'DELETE FROM token.password WHERE password_id = ANY($1)'
  await tx.query({ name: 'drop passwords', text, values: [passwordIds] })
}

async function writeLinks(tx: Queryable, { userId, environmentId, links }: User): Promise<void> {
  await tx.query({ name: 'drop links', text: 'DELETE FROM token.user_link WHERE user_id = $1', values: [userId] })
  await tx.query({
    name: 'write links',
    text: `
      INSERT INTO token.user_link (environment_id, user_id, provider_id, provider_subject)
      SELECT $1, $2, * FROM unnest($3::text[], $4::text[])`,
    values: [environmentId, userId, links.map((link) => link.providerId), links.map((link) => link.providerSubject)],
  })
}

/** A user who tries to sign in, with the hash of the password. */
export interface SigningIn {
  readonly user: User
  readonly passwordId: string
  readonly hash: string | undefined
}

interface Row {
  readonly message: Buffer
}

export type Users = ReturnType<typeof readUsers>

/** What sign-in and operators read of users; always at the head of the log. */
export function readUsers(pool: pg.Pool) {
  const query = <R extends pg.QueryResultRow = Row>(config: pg.QueryConfig) => orStoreError(pool.query<R>(config))
  const first = ({ rows }: pg.QueryResult<Row>): User | undefined => rows[0] && User.decode(rows[0].message)

  return {
    async byId(userId: string): Promise<User | undefined> {
      return first(
        await query({ name: 'user', text: 'SELECT message FROM token."user" WHERE user_id = $1', values: [userId] }),
      )
    },
    /** Of the hash that counts; empty: the user has no password. */
    async passwordIdOf(userId: string): Promise<string | undefined> {
      const text = 'SELECT password_id FROM token."user" WHERE user_id = $1'
      const { rows } = await query<{ password_id: string }>({ name: 'password of user', text, values: [userId] })
      return rows[0]?.password_id
    },
    async byUsername(environmentId: string, username: string): Promise<SigningIn | undefined> {
      const { rows } = await query<Row & { password_id: string; hash: string | null }>({
        name: 'user by name',
        text: `
          SELECT message, password_id, hash FROM token."user" LEFT JOIN token.password USING (password_id)
          WHERE environment_id = $1 AND username_key = $2`,
        values: [environmentId, usernameKey(username)],
      })
      const [row] = rows
      return row && { user: User.decode(row.message), passwordId: row.password_id, hash: row.hash ?? undefined }
    },
    async byLink(environmentId: string, providerId: string, providerSubject: string): Promise<User | undefined> {
      const text = `
        SELECT message FROM token."user" JOIN token.user_link USING (user_id)
        WHERE user_link.environment_id = $1 AND provider_id = $2 AND provider_subject = $3`
      return first(await query({ name: 'user by link', text, values: [environmentId, providerId, providerSubject] }))
    },
    /** So many users after an id, one more than asked for when there are more. */
    async list(environmentId: string, after: string, size: number): Promise<readonly User[]> {
      const text = `
        SELECT message FROM token."user"
        WHERE user_id > $1 AND ($2 = '' OR environment_id = $2) ORDER BY user_id LIMIT $3`
      const { rows } = await query({ name: 'users', text, values: [after, environmentId, size + 1] })
      return rows.map(({ message }) => User.decode(message))
    },
  }
}
