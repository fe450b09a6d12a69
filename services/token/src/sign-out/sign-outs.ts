import { GrantRevocationReason } from '@gatehouse/contracts/token/v1/grant'
import { refuseUnknownState } from '@gatehouse/decision-state'
import { orStoreError } from '@gatehouse/event-store'
import type { SignOutTask } from '../read/sessions.ts'
import { endSession } from '../sign-in/sessions.ts'
import { revokeGrant } from '../store/revoke-grant.ts'
import type { TokenParts } from '../token-parts.ts'

type Parts = Pick<TokenParts, 'store' | 'state' | 'views' | 'grants' | 'signIn'>

/** What the end of a session brings about: noted with the event, so that no crash forgets it. */
export interface SignOuts {
  /** Does what is noted for a session; it is done later where it cannot be now. */
  finish(sessionId: string): Promise<void>
  /** Does all that is noted. Several instances may: each step changes nothing the second time. */
  work(): Promise<void>
}

interface Row {
  readonly noun: SignOutTask['noun']
  readonly id: string
  readonly user_id: string
  readonly environment_id: string
  readonly time: Date
}

const atOnce = 50

export function createSignOuts(parts: Parts, onError: (error: unknown) => void): SignOuts {
  const { pool } = parts.store
  const load = async (condition: string, values: readonly unknown[]): Promise<readonly Row[]> => {
    const text = `SELECT * FROM token.sign_out_task WHERE ${condition} ORDER BY time LIMIT ${atOnce}`
    return (await orStoreError(pool.query<Row>({ text, values: [...values] }))).rows
  }
  const settle = async (task: Row): Promise<boolean> => {
    if (task.noun === 'user') await endSessions(parts, task)
    else if (isKnown(parts)) await afterSession(parts, task)
    else return false
    // One that was noted again meanwhile stays. A Date has milliseconds, the column microseconds.
    const text = `
      DELETE FROM token.sign_out_task
      WHERE noun = $1 AND id = $2 AND date_trunc('milliseconds', time) = date_trunc('milliseconds', $3::timestamptz)`
    await orStoreError(pool.query(text, [task.noun, task.id, task.time]))
    return true
  }
  return {
    async finish(sessionId) {
      try {
        for (const task of await load("noun = 'session' AND id = $1", [sessionId])) await settle(task)
      } catch (error) {
        onError(error)
      }
    },
    async work() {
      for (;;) {
        const tasks = await load('true', [])
        const settled = await Promise.all(tasks.map(settle))
        if (settled.length < atOnce || settled.includes(false)) return
      }
    },
  }
}

/** Which clients are to be told is in the read model: an unknown one would tell nobody. */
function isKnown({ state }: Parts): boolean {
  const staleness = { stalenessMs: state.stalenessMs(), provenStalenessMs: state.provenStalenessMs() }
  return refuseUnknownState(staleness, undefined) === undefined
}

/** A user was suspended or got another password: nobody is signed in by a session from before. */
async function endSessions(parts: Parts, { user_id: userId, time }: Row): Promise<void> {
  const sessions = await parts.signIn.sessions.ofUser(userId)
  const before = sessions.filter(({ authTime }) => !authTime || authTime <= time)
  await Promise.all(before.map(({ sessionId }) => endSession(parts, sessionId)))
}

/**
 * Clients are told, and what they got in the session ends, unless the user agreed that it lasts (`offline_access`,
 * OpenID Connect Back-Channel Logout section 2.7). In this order: what is revoked is found no more.
 */
async function afterSession(parts: Parts, { id: sessionId, user_id: userId, environment_id: environmentId }: Row) {
  const grants = (await parts.grants.liveOfSession(sessionId)).flatMap(({ grant }) => (grant ? [grant] : []))
  const told: string[] = []
  for (const clientId of new Set(grants.map((grant) => grant.clientId))) {
    const client = await parts.views.client(clientId)
    if (client?.registration?.backchannelLogoutUri) told.push(clientId)
  }
  const text = `
    INSERT INTO token.logout_delivery (session_id, client_id, user_id, environment_id, next_time)
    SELECT $1, client_id, $3, $4, now() FROM unnest($2::text[]) AS client_id ON CONFLICT DO NOTHING`
  await orStoreError(parts.store.pool.query({ text, values: [sessionId, told, userId, environmentId] }))
  const ending = grants.filter(({ scopes }) => !scopes.includes('offline_access'))
  const reason = GrantRevocationReason.GRANT_REVOCATION_REASON_SIGNED_OUT
  await Promise.all(ending.map(({ grantId }) => revokeGrant(parts.store, grantId, reason)))
}
