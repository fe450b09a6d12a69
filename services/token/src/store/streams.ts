import type { TokenEvent } from '@gatehouse/contracts/events'
import type { Fold, Stream } from '@gatehouse/event-store'
import { keyRing } from '../domain/key-ring/decide.ts'
import type { KeyRing } from '../domain/key-ring/key-ring.ts'

const nothing: Fold<undefined, TokenEvent> = { initialState: undefined, evolve: () => undefined }

/** The streams of the token log: `<noun>-<id>`, each with its fold. */
export const streams = {
  keyRing: (environmentId: string): Stream<KeyRing, TokenEvent> => {
    return { id: `key_ring-${environmentId}`, fold: keyRing, expectedVersion: undefined }
  },
  /** One token that was revoked by its `jti`. */
  token: (environmentId: string, tokenId: string): Stream<undefined, TokenEvent> => {
    return { id: `token-${environmentId}.${tokenId}`, fold: nothing, expectedVersion: undefined }
  },
  referenceToken: (tokenId: string): Stream<undefined, TokenEvent> => {
    return { id: `reference_token-${tokenId}`, fold: nothing, expectedVersion: undefined }
  },
}
