import type { TokenEvent } from '@gatehouse/contracts/events'
import { GrantState, GrantSummary } from '@gatehouse/contracts/token/v1/grant'
import { invalidArgument } from '@gatehouse/errors'
import { fold, orStoreError, type Queryable, type StreamChange } from '@gatehouse/event-store'
import type pg from 'pg'
import { grant as decider } from '../domain/grant/decide.ts'
import type { GrantFacts } from '../domain/grant/grant.ts'

/** A grant as the API tells it; undefined when it does not exist. */
export function grantMessage(found: GrantFacts, version: bigint): GrantSummary | undefined {
  if (!found) return undefined
  const { grant, state, refreshTime: lastRefreshTime, revocationReason } = found
  return { grant, state, lastRefreshTime, revocationReason, version }
}

export async function writeGrants(tx: Queryable, changes: readonly StreamChange<TokenEvent>[]): Promise<void> {
  const rows = changes
    .filter(({ stream }) => stream.startsWith('grant-'))
    .map(({ events, version }) => grantMessage(fold(decider, events), version))
    .flatMap((message) => (message?.grant ? [{ message, grant: message.grant }] : []))
  if (rows.length === 0) return
  await tx.query({
    name: 'write grants',
    text: `
      INSERT INTO token."grant"
        (grant_id, environment_id, client_id, user_id, session_id, start_time, expire_time, revoked, message)
      SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[],
        $7::timestamptz[], $8::boolean[], $9::bytea[])
      ON CONFLICT (grant_id) DO UPDATE SET revoked = excluded.revoked, message = excluded.message`,
    values: [
      rows.map(({ grant }) => grant.grantId),
      rows.map(({ grant }) => grant.environmentId),
      rows.map(({ grant }) => grant.clientId),
      rows.map(({ grant }) => grant.userId),
      rows.map(({ grant }) => grant.sessionId),
      rows.map(({ grant }) => grant.startTime),
      rows.map(({ grant }) => grant.expireTime),
      rows.map(({ message }) => message.state === GrantState.GRANT_STATE_REVOKED),
      rows.map(({ message }) => GrantSummary.encode(message).finish()),
    ],
  })
}

/** Narrows a list; empty does not. */
interface Parties {
  readonly environmentId: string
  readonly clientId: string
  readonly userId: string
}

interface Row {
  readonly message: Buffer
}

export type Grants = ReturnType<typeof readGrants>

/** What operators and users see of grants; always at the head of the log. */
export function readGrants(pool: pg.Pool) {
  const query = async (config: pg.QueryConfig): Promise<readonly GrantSummary[]> => {
    const { rows } = await orStoreError(pool.query<Row>(config))
    return rows.map(({ message }) => GrantSummary.decode(message))
  }
  const idsOf = (found: readonly GrantSummary[]) => found.flatMap(({ grant }) => (grant ? [grant.grantId] : []))

  return {
    async byId(grantId: string): Promise<GrantSummary | undefined> {
      const text = 'SELECT message FROM token."grant" WHERE grant_id = $1'
      const [found] = await query({ name: 'grant', text, values: [grantId] })
      return found
    },
    /** Newest first. @throws INVALID_ARGUMENT for a token of another list */
    async list({ environmentId, clientId, userId }: Parties, pageToken: string, size: number) {
      const text = `
        SELECT message FROM token."grant"
        WHERE (start_time, grant_id) < ($1, $2)
          AND ($3 = '' OR environment_id = $3) AND ($4 = '' OR client_id = $4) AND ($5 = '' OR user_id = $5)
        ORDER BY start_time DESC, grant_id DESC LIMIT $6`
      const values = [...pageStart(pageToken), environmentId, clientId, userId, size + 1]
      const found = await query({ text, values })
      const page = found.slice(0, size)
      return { page, nextPageToken: found.length > size ? tokenAfter(page.at(-1)) : '' }
    },
    /** Ids of the grants of a user to a client that can still give tokens. */
    async liveOf({ environmentId, clientId, userId }: Parties): Promise<readonly string[]> {
      const text = `
        SELECT message FROM token."grant" WHERE environment_id = $1 AND client_id = $2 AND user_id = $3
          AND NOT revoked AND expire_time > now()`
      return idsOf(await query({ name: 'live grants', text, values: [environmentId, clientId, userId] }))
    },
    /** Those that began in a session and can still give tokens. */
    async liveOfSession(sessionId: string): Promise<readonly GrantSummary[]> {
      const text = 'SELECT message FROM token."grant" WHERE session_id = $1 AND NOT revoked AND expire_time > now()'
      return query({ name: 'live grants of session', text, values: [sessionId] })
    },
  }
}

/** Behind every grant. */
const firstPage = ['infinity', '']

function pageStart(pageToken: string): readonly string[] {
  if (pageToken === '') return firstPage
  const [, time, grantId] =
    /^([0-9]{1,15})\.([a-z0-9]{1,64})$/.exec(Buffer.from(pageToken, 'base64url').toString()) ?? []
  if (time !== undefined && grantId !== undefined) return [new Date(Number(time)).toISOString(), grantId]
  throw invalidArgument([{ field: 'page_token', description: 'must be a next_page_token of this list' }])
}

function tokenAfter(last: GrantSummary | undefined): string {
  if (!last?.grant?.startTime) return ''
  return Buffer.from(`${last.grant.startTime.getTime()}.${last.grant.grantId}`).toString('base64url')
}
