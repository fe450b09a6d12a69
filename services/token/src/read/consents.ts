import type { TokenEvent } from '@gatehouse/contracts/events'
import { fold, orStoreError, type Queryable, type StreamChange } from '@gatehouse/event-store'
import type pg from 'pg'
import type { Agreement, ConsentFacts } from '../domain/consent/consent.ts'
import { type ConsentParties, consent as decider } from '../domain/consent/decide.ts'

/** What a user agreed to for a client. */
export interface GivenConsent extends Agreement {
  readonly clientId: string
}

export async function writeConsents(tx: Queryable, changes: readonly StreamChange<TokenEvent>[]): Promise<void> {
  for (const { stream, events } of changes) {
    const parties = stream.startsWith('consent-') ? partiesOf(events) : undefined
    if (!parties) continue
    const { environmentId, userId, clientId } = parties
    const agreement = fold(decider, events)
    const text = agreement
      ? `INSERT INTO token.consent (environment_id, user_id, client_id, scopes, authorization_details)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (environment_id, user_id, client_id) DO UPDATE
         SET scopes = excluded.scopes, authorization_details = excluded.authorization_details`
      : 'DELETE FROM token.consent WHERE environment_id = $1 AND user_id = $2 AND client_id = $3'
    const what = agreement ? [agreement.scopes, agreement.authorizationDetails] : []
    await tx.query({ text, values: [environmentId, userId, clientId, ...what] })
  }
}

function partiesOf(events: readonly TokenEvent[]): ConsentParties | undefined {
  const [first] = events
  return first?.type === 'gatehouse.token.v1.ConsentGiven' ? first.data : undefined
}

interface Row {
  readonly client_id: string
  readonly scopes: string[]
  readonly authorization_details: string
}

export type Consents = ReturnType<typeof readConsents>

/** What users agreed to; always at the head of the log. */
export function readConsents(pool: pg.Pool) {
  return {
    async find({ environmentId, userId, clientId }: ConsentParties): Promise<ConsentFacts> {
      const text = `
        SELECT client_id, scopes, authorization_details FROM token.consent
        WHERE environment_id = $1 AND user_id = $2 AND client_id = $3`
      const values = [environmentId, userId, clientId]
      const { rows } = await orStoreError(pool.query<Row>({ name: 'consent', text, values }))
      return rows[0] && consentOf(rows[0])
    },
    async ofUser(environmentId: string, userId: string): Promise<readonly GivenConsent[]> {
      const text = `
        SELECT client_id, scopes, authorization_details FROM token.consent
        WHERE environment_id = $1 AND user_id = $2 ORDER BY client_id`
      const { rows } = await orStoreError(
        pool.query<Row>({ name: 'consents of user', text, values: [environmentId, userId] }),
      )
      return rows.map(consentOf)
    },
  }
}

function consentOf({ client_id: clientId, scopes, authorization_details: authorizationDetails }: Row): GivenConsent {
  return { clientId, scopes, authorizationDetails }
}
