import type { Grant } from '@gatehouse/contracts/token/v1/grant'
import { failedPrecondition } from '@gatehouse/errors'
import type { Cutoff } from '../domain/revocation/cutoff.ts'
import { active, type UserFacts } from '../domain/user/user.ts'
import { cutoffStreams, isCutOff } from '../store/cutoff-streams.ts'
import { streams } from '../store/streams.ts'

/** What a grant stands on in the token log itself, read in the transaction that uses it. */
export function groundsOf({ environmentId, clientId, userId }: Grant) {
  return {
    ...cutoffStreams(environmentId, userId),
    ofClient: streams.cutoff(environmentId, 'client', clientId),
    user: streams.user(userId),
  }
}

interface Grounds {
  readonly user: UserFacts
  readonly ofEnvironment: Cutoff
  readonly ofUser: Cutoff
  readonly ofClient: Cutoff
}

/** @throws FAILED_PRECONDITION `USER_SUSPENDED`, `GRANT_REVOKED` */
export function requireGrounds({ user, ofEnvironment, ofUser, ofClient }: Grounds, { userId, startTime }: Grant): void {
  active(user, userId)
  if (isCutOff(startTime, [ofEnvironment, ofUser, ofClient])) {
    throw failedPrecondition('GRANT_REVOKED', 'the grant is from before a cut-off')
  }
}
