import type { TokenEvent } from '@gatehouse/contracts/events'
import type { Fold, Stream } from '@gatehouse/event-store'
import type { ConsentFacts } from '../domain/consent/consent.ts'
import { type ConsentParties, consent } from '../domain/consent/decide.ts'
import { device } from '../domain/device/decide.ts'
import type { DeviceFacts } from '../domain/device/device.ts'
import { grant } from '../domain/grant/decide.ts'
import type { GrantFacts } from '../domain/grant/grant.ts'
import { keyRing } from '../domain/key-ring/decide.ts'
import type { KeyRing } from '../domain/key-ring/key-ring.ts'
import { type Cutoff, cutoff } from '../domain/revocation/cutoff.ts'
import { type RevokedToken, revokedToken } from '../domain/revocation/revoked-token.ts'
import { session } from '../domain/session/decide.ts'
import type { SessionFacts } from '../domain/session/session.ts'
import { user } from '../domain/user/decide.ts'
import type { UserFacts } from '../domain/user/user.ts'

const nothing: Fold<undefined, TokenEvent> = { initialState: undefined, evolve: () => undefined }

/** The streams of the token log: `<noun>-<id>`, each with its fold. */
export const streams = {
  keyRing: (environmentId: string): Stream<KeyRing, TokenEvent> => {
    return { id: `key_ring-${environmentId}`, fold: keyRing, expectedVersion: undefined }
  },
  revokedToken: (environmentId: string, tokenId: string): Stream<RevokedToken, TokenEvent> => {
    return { id: `token-${environmentId}.${tokenId}`, fold: revokedToken, expectedVersion: undefined }
  },
  cutoff: (environmentId: string, subject: string, subjectId: string): Stream<Cutoff, TokenEvent> => {
    return { id: `cutoff-${environmentId}.${subject}.${subjectId}`, fold: cutoff, expectedVersion: undefined }
  },
  user: (userId: string, expectedVersion?: bigint): Stream<UserFacts, TokenEvent> => {
    return { id: `user-${userId}`, fold: user, expectedVersion }
  },
  session: (sessionId: string): Stream<SessionFacts, TokenEvent> => {
    return { id: `session-${sessionId}`, fold: session, expectedVersion: undefined }
  },
  device: (deviceAuthorizationId: string): Stream<DeviceFacts, TokenEvent> => {
    return { id: `device-${deviceAuthorizationId}`, fold: device, expectedVersion: undefined }
  },
  referenceToken: (tokenId: string): Stream<undefined, TokenEvent> => {
    return { id: `reference_token-${tokenId}`, fold: nothing, expectedVersion: undefined }
  },
  grant: (grantId: string): Stream<GrantFacts, TokenEvent> => {
    return { id: `grant-${grantId}`, fold: grant, expectedVersion: undefined }
  },
  consent: ({ environmentId, userId, clientId }: ConsentParties): Stream<ConsentFacts, TokenEvent> => {
    return { id: `consent-${environmentId}.${userId}.${clientId}`, fold: consent, expectedVersion: undefined }
  },
}
