import type pg from 'pg'
import { type Consents, readConsents } from '../read/consents.ts'
import { createInteractions, type Interactions } from './interaction.ts'
import { createPushedRequests, type PushedRequests } from './pushed-requests.ts'

/** What the authorization endpoint works with. */
export interface AuthorizeParts {
  readonly interactions: Interactions
  readonly pushed: PushedRequests
  readonly consents: Consents
}

/** @param key of interactions, 32 bytes, the same in every instance on the same database */
export function createAuthorize({ pool, key }: { readonly pool: pg.Pool; readonly key: Uint8Array }): AuthorizeParts {
  return {
    interactions: createInteractions(key),
    pushed: createPushedRequests(pool),
    consents: readConsents(pool),
  }
}
