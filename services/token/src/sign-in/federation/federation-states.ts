import { hash } from 'node:crypto'
import { orStoreError } from '@gatehouse/event-store'
import type pg from 'pg'
import { openWith, sealWith } from '../../keys/key-encryption.ts'

/** A browser that was sent to an identity provider, and what its answer must match. */
export interface FederationState {
  readonly environmentId: string
  readonly providerId: string
  /** The sealed page that the sign-in is for; it knows the browser. */
  readonly interaction: string
  readonly nonce: string
  /** RFC 7636. */
  readonly codeVerifier: string
}

/** Kept by `state`, once each, for 10 minutes; sealed, as the verifier of a code is a secret. */
export interface FederationStates {
  keep(state: string, pending: FederationState, now: Date): Promise<void>
  /** Takes it away: an answer counts once. Undefined when there is none, or it is too old. */
  take(state: string, now: Date): Promise<FederationState | undefined>
}

const lifeMs = 600_000
const context = 'federation state'

export function createFederationStates(pool: pg.Pool, key: Uint8Array): FederationStates {
  const digestOf = (state: string) => hash('sha256', state, 'buffer')
  return {
    async keep(state, pending, now) {
      const sealed = sealWith(key, Buffer.from(JSON.stringify(pending)), context)
      const text = 'INSERT INTO token.federation_state (state_digest, sealed, expire_time) VALUES ($1, $2, $3)'
      const values = [digestOf(state), sealed, new Date(now.getTime() + lifeMs)]
      await orStoreError(pool.query({ name: 'keep federation', text, values }))
    },
    async take(state, now) {
      const text = 'DELETE FROM token.federation_state WHERE state_digest = $1 RETURNING sealed, expire_time'
      const query = { name: 'take federation', text, values: [digestOf(state)] }
      const { rows } = await orStoreError(pool.query<{ sealed: Buffer; expire_time: Date }>(query))
      const [row] = rows
      if (!row || row.expire_time <= now) return undefined
      return JSON.parse(Buffer.from(openWith(key, row.sealed, context)).toString()) as FederationState
    },
  }
}
