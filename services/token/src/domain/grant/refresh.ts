import type { TokenEvent } from '@gatehouse/contracts/events'
import { GrantRevocationReason, GrantState } from '@gatehouse/contracts/token/v1/grant'
import { failedPrecondition } from '@gatehouse/errors'
import type { ExistingGrant } from './grant.ts'
import { revoked } from './revoked.ts'

/** Presents a refresh token, which is genuine: its generation and grant are under its MAC. */
export interface Refresh {
  readonly type: 'refresh'
  /** Who authenticated. */
  readonly clientId: string
  readonly generation: bigint
  /** Thumbprint of the key that the client proved to hold; empty: none. */
  readonly confirmation: string
  /** What the client asks for; empty: all of the grant. */
  readonly scopes: readonly string[]
}

/**
 * How long the last refresh token but one answers with the same successor again: an answer that a flaky network lost, or
 * two windows of one application that refresh at once, log nobody out; a thief gains what he had by being first.
 */
export const retryWindowMs = 10_000

/**
 * Rotates; no event when the same successor is to be answered again.
 * @throws FAILED_PRECONDITION, which changes nothing: whoever holds the token alone cannot end the user's grant
 */
export function refresh(command: Refresh, found: ExistingGrant, time: Date): readonly TokenEvent[] {
  const { grant, state, generation, refreshTime } = found
  if (command.clientId !== grant.clientId) throw refused('GRANT_OF_OTHER_CLIENT')
  if (found.confirmation && command.confirmation !== found.confirmation) throw refused('REFRESH_TOKEN_KEY_MISMATCH')
  if (state === GrantState.GRANT_STATE_REVOKED) throw refused('GRANT_REVOKED')
  // A generation that was never made: from before the log was restored from a backup.
  if (generation === undefined || !refreshTime || command.generation > generation)
    throw refused('REFRESH_TOKEN_UNKNOWN')
  const ageMs = time.getTime() - refreshTime.getTime()
  const retried = command.generation === generation - 1n && ageMs < retryWindowMs
  if (command.generation < generation && !retried) {
    return [revoked(found, GrantRevocationReason.GRANT_REVOCATION_REASON_REFRESH_TOKEN_REUSED, time)]
  }
  if (!grant.expireTime || time >= grant.expireTime) throw refused('GRANT_EXPIRED')
  if (ageMs >= Number(grant.idleSeconds) * 1000) throw refused('REFRESH_TOKEN_IDLE')
  if (!command.scopes.every((scope) => grant.scopes.includes(scope))) throw refused('SCOPE_NOT_GRANTED')
  if (retried) return []
  const next = { generation: generation + 1n, rotateTime: time }
  const data = { grantId: grant.grantId, ...next, grant, confirmation: found.confirmation }
  return [{ type: 'gatehouse.token.v1.RefreshTokenRotated', data }]
}

function refused(reason: string): Error {
  return failedPrecondition(reason, 'the refresh token cannot be used')
}
