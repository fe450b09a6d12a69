import { orStoreError } from '@gatehouse/event-store'
import type { TokenParts } from '../token-parts.ts'
import { logoutToken } from './logout-token.ts'

type Parts = Pick<TokenParts, 'store' | 'state' | 'views' | 'keys'>

/** A client that has to hear that a session of its user is over. */
export interface LogoutDelivery {
  readonly sessionId: string
  readonly clientId: string
  readonly userId: string
  readonly environmentId: string
  readonly attempts: number
}

interface Row {
  readonly session_id: string
  readonly client_id: string
  readonly user_id: string
  readonly environment_id: string
  readonly attempts: number
}

const atOnce = 16
const timeoutMs = 5_000
/** Nobody else takes up a delivery meanwhile; if this process dies it is taken up again. */
const leaseSeconds = 30
/** 4 s, 16 s, 64 s, … 18 hours: about a day. */
const attemptsMax = 9
const pauseSeconds = (attempts: number) => 4 ** attempts

/**
 * Delivers what is due (OpenID Connect Back-Channel Logout section 2.5), at least once. Whether a client could be told
 * holds up nobody's sign-out.
 */
export async function deliverLogouts(
  parts: Parts,
  onGivenUp: (delivery: LogoutDelivery, error: unknown) => void,
): Promise<void> {
  for (;;) {
    const due = await take(parts)
    await Promise.all(due.map((delivery) => deliver(parts, delivery, onGivenUp)))
    if (due.length < atOnce) return
  }
}

async function take({ store }: Parts): Promise<readonly LogoutDelivery[]> {
  const text = `
    UPDATE token.logout_delivery AS d
    SET attempts = d.attempts + 1, next_time = now() + interval '${leaseSeconds} s'
    FROM (
      SELECT session_id, client_id FROM token.logout_delivery WHERE next_time <= now()
      ORDER BY next_time LIMIT ${atOnce} FOR UPDATE SKIP LOCKED
    ) AS due
    WHERE d.session_id = due.session_id AND d.client_id = due.client_id RETURNING d.*`
  const { rows } = await orStoreError(store.pool.query<Row>(text))
  return rows.map((row) => ({
    ...{ sessionId: row.session_id, clientId: row.client_id, userId: row.user_id },
    ...{ environmentId: row.environment_id, attempts: row.attempts },
  }))
}

async function deliver(
  parts: Parts,
  delivery: LogoutDelivery,
  onGivenUp: (delivery: LogoutDelivery, error: unknown) => void,
): Promise<void> {
  const { sessionId, clientId, attempts } = delivery
  try {
    await tell(parts, delivery)
    await drop(parts, delivery)
  } catch (error) {
    if (attempts >= attemptsMax || error instanceof RefusedByClient) {
      onGivenUp(delivery, error)
      return drop(parts, delivery)
    }
    const text = `
      UPDATE token.logout_delivery SET next_time = now() + $3 * interval '1 s'
      WHERE session_id = $1 AND client_id = $2`
    await orStoreError(parts.store.pool.query(text, [sessionId, clientId, pauseSeconds(attempts)]))
  }
}

async function drop({ store }: Parts, { sessionId, clientId }: LogoutDelivery): Promise<void> {
  const text = 'DELETE FROM token.logout_delivery WHERE session_id = $1 AND client_id = $2'
  await orStoreError(store.pool.query(text, [sessionId, clientId]))
}

/** It will not take the token, however often it comes. */
class RefusedByClient extends Error {
  override readonly name = 'RefusedByClient'
}

async function tell(parts: Parts, delivery: LogoutDelivery): Promise<void> {
  const client = await parts.views.client(delivery.clientId)
  const registration = client?.registration
  const uri = registration?.backchannelLogoutUri
  const issuer = parts.state.policy().environment(delivery.environmentId)?.issuer
  // Not registered any more: there is nobody to tell.
  if (!uri || !issuer) return
  if (!mayBeCalled(new URL(uri))) throw new RefusedByClient(`${uri} is neither https nor on loopback`)
  const { status, body } = await fetch(uri, {
    method: 'POST',
    body: new URLSearchParams({ logout_token: await logoutToken(parts, issuer.url, registration, delivery) }),
    headers: { 'Cache-Control': 'no-store' },
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
  })
  // What it says besides is not read: a client learns nothing of the network by what we make of an answer.
  await body?.cancel()
  if (status === 200 || status === 204) return
  const message = `the client answered ${status}`
  throw status === 400 ? new RefusedByClient(message) : new Error(message)
}

/**
 * Addresses inside a private network are allowed: that is where the applications of a house are. A client that names
 * one of them learns nothing: it gets no answer, the request carries nothing but the logout token, and no redirect is
 * followed.
 */
function mayBeCalled({ protocol, hostname }: URL): boolean {
  if (protocol === 'https:') return true
  return protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(hostname)
}
