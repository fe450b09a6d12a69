import { encodeMessage } from '@gatehouse/contracts/encode'
import type { TokenEvent } from '@gatehouse/contracts/events'
import { CutoffView, RevocationView, SuspensionView } from '@gatehouse/contracts/read_model/v1/views'
import { CutoffSubject } from '@gatehouse/contracts/token/v1/revocation'
import type { Entry } from '../read-model.ts'
import { Unappliable } from './projection.ts'

type Data<Name extends string> = Extract<TokenEvent, { type: `gatehouse.token.v1.${Name}` }>['data']

export function revokedToken({ environmentId, tokenId, ...times }: Data<'TokenRevoked'>, version: bigint): Entry {
  return revocation(`revoked_token/${environmentId}/${tokenId}`, times, version)
}

export function revokedGrant({ grantId, ...times }: Data<'GrantRevoked'>, version: bigint): Entry {
  return revocation(`revoked_grant/${grantId}`, times, version)
}

function revocation(key: string, { revokeTime, expireTime }: RevocationView, version: bigint): Entry {
  const value = encodeMessage(RevocationView, { revokeTime, expireTime })
  return { key, state: 'live', version, value, ...(expireTime && { expireMs: expireTime.getTime() }) }
}

/** The latest time counts, whatever the order of the commands. */
export function revokedBefore(
  data: Data<'TokensRevokedBefore'>,
  bytes: Uint8Array | undefined,
  version: bigint,
): Entry {
  const earlier = bytes && CutoffView.decode(bytes).before
  if (!data.before) throw new Unappliable('before: a cut-off without a time')
  const before = earlier && earlier > data.before ? earlier : data.before
  return { key: cutoffKey(data), state: 'live', version, value: encodeMessage(CutoffView, { before }) }
}

function cutoffKey({ environmentId, subject, subjectId }: Data<'TokensRevokedBefore'>): string {
  switch (subject) {
    case CutoffSubject.CUTOFF_SUBJECT_CLIENT:
      return `cutoff/${environmentId}/client/${subjectId}`
    case CutoffSubject.CUTOFF_SUBJECT_USER:
      return `cutoff/${environmentId}/user/${subjectId}`
    case CutoffSubject.CUTOFF_SUBJECT_ENVIRONMENT:
      return `cutoff/${environmentId}/environment`
    default:
      throw new Unappliable(`subject: ${subject} is no subject of a cut-off`)
  }
}

export function suspendedUser({ userId, suspendTime }: Data<'UserSuspended'>, version: bigint): Entry {
  const value = encodeMessage(SuspensionView, { suspendTime })
  return { key: `suspended_user/${userId}`, state: 'live', version, value }
}
