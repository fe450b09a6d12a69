import { hash, randomBytes } from 'node:crypto'
import { PushAuthorizationRequest } from '@gatehouse/contracts/token/v1/authorization_service'
import type { Parameter } from '@gatehouse/contracts/token/v1/token_service'
import { orStoreError } from '@gatehouse/event-store'
import type pg from 'pg'

/** RFC 9126 section 2.2. */
const prefix = 'urn:ietf:params:oauth:request_uri:'
export const pushedLifeSeconds = 90
const secretBytes = 32

export interface PushedBy {
  readonly environmentId: string
  readonly clientId: string
}

/** Authorization requests that clients pushed. Kept under a digest: whoever reads the table can use none of them. */
export interface PushedRequests {
  /** Answers the `request_uri`. */
  keep(by: PushedBy, parameters: readonly Parameter[], nowMs: number): Promise<string>
  /** Once, by the same client, within 90 s; undefined otherwise. */
  take(by: PushedBy, requestUri: string, nowMs: number): Promise<readonly Parameter[] | undefined>
}

export function createPushedRequests(pool: pg.Pool): PushedRequests {
  return {
    async keep({ environmentId, clientId }, parameters, nowMs) {
      const requestUri = prefix + randomBytes(secretBytes).toString('base64url')
      // Only the list of the message is used: it has the codec.
      const bytes = PushAuthorizationRequest.encode({ endpoint: undefined, parameters: [...parameters] }).finish()
      const text = `
        INSERT INTO token.pushed_request (request_digest, environment_id, client_id, parameters, expire_time)
        VALUES ($1, $2, $3, $4, $5)`
      const expireTime = new Date(nowMs + pushedLifeSeconds * 1000)
      const values = [digestOf(requestUri), environmentId, clientId, bytes, expireTime]
      await orStoreError(pool.query({ name: 'keep pushed request', text, values }))
      return requestUri
    },
    async take({ environmentId, clientId }, requestUri, nowMs) {
      // Deleted by whoever comes first: of many at once one gets it.
      const text = `
        DELETE FROM token.pushed_request
        WHERE request_digest = $1 AND environment_id = $2 AND client_id = $3 AND expire_time > $4 RETURNING parameters`
      const values = [digestOf(requestUri), environmentId, clientId, new Date(nowMs)]
      const { rows } = await orStoreError(
        pool.query<{ parameters: Buffer }>({ name: 'take pushed request', text, values }),
      )
      return rows[0] && PushAuthorizationRequest.decode(rows[0].parameters).parameters
    },
  }
}

function digestOf(requestUri: string): Buffer {
  return hash('sha256', requestUri, 'buffer')
}
