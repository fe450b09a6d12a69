import { SigningAlgorithm } from '@gatehouse/contracts/policy/v1/token_settings'
import { CutoffSubject } from '@gatehouse/contracts/token/v1/revocation'
import type * as rpc from '@gatehouse/contracts/token/v1/token_admin_service'
import { form, orEmpty, orUnset, pageSizeMax, type Rule, type Rules } from '@gatehouse/grpc-service'

export const requestId = form(/^[!-~]{1,128}$/, 'must be 1 to 128 visible ASCII characters')
export const id = form(/^[a-z0-9_-]{1,64}$/, 'must be 1 to 64 of a-z, 0-9, _ and -')
export const environmentId = form(/^[a-z][a-z0-9-]{0,31}$/, 'must be a letter, then up to 31 of a-z, 0-9 and -')
export const reason = form(/^[^\p{Cc}\p{Zl}\p{Zp}]{0,500}$/u, 'must have at most 500 characters and none of control')
/** A `jti` or `kid`, of anybody: visible ASCII. */
const tokenId = form(/^[A-Za-z0-9_-]{1,128}$/, 'must be 1 to 128 of A-Z, a-z, 0-9, _ and -')
const yearMax = 9999
export const time: Rule<Date> = (value) =>
  Number.isFinite(value.getTime()) && value.getTime() > 0 && value.getUTCFullYear() <= yearMax
    ? undefined
    : `must be a time from 1970 to ${yearMax}`
/** On the wire an enum is any int32, so what is known is listed. */
function oneOf<Value>(known: readonly Value[], description: string): Rule<Value> {
  return (value) => (known.includes(value) ? undefined : description)
}

const { SIGNING_ALGORITHM_UNSPECIFIED, SIGNING_ALGORITHM_ES256, SIGNING_ALGORITHM_RS256 } = SigningAlgorithm
const algorithm = oneOf<SigningAlgorithm>(
  [SIGNING_ALGORITHM_UNSPECIFIED, SIGNING_ALGORITHM_ES256, SIGNING_ALGORITHM_RS256],
  'must be a known algorithm',
)
const { CUTOFF_SUBJECT_CLIENT, CUTOFF_SUBJECT_USER, CUTOFF_SUBJECT_ENVIRONMENT } = CutoffSubject
const subject = oneOf<CutoffSubject>(
  [CUTOFF_SUBJECT_CLIENT, CUTOFF_SUBJECT_USER, CUTOFF_SUBJECT_ENVIRONMENT],
  'must be a client, user or environment',
)

export const rotateSigningKey: Rules<rpc.RotateSigningKeyRequest> = { requestId, environmentId, algorithm }
export const removeSigningKey: Rules<rpc.RemoveSigningKeyRequest> = { requestId, keyId: tokenId, reason }
export const listSigningKeys: Rules<rpc.ListSigningKeysRequest> = { environmentId }
export const revokeTokenById: Rules<rpc.RevokeTokenByIdRequest> = {
  ...{ requestId, environmentId, tokenId, reason },
  expireTime: orUnset(time),
}
export const revokeTokensBefore: Rules<rpc.RevokeTokensBeforeRequest> = {
  ...{ requestId, environmentId, subject, reason },
  subjectId: orEmpty(id),
  before: orUnset(time),
}

const pageSize: Rule<number> = (value) => (value < 0 || value > pageSizeMax ? `must be 0 to ${pageSizeMax}` : undefined)
/** Checked where it is read. */
const pageToken: Rule<string> = () => undefined

export const revokeGrant: Rules<rpc.RevokeGrantRequest> = { requestId, grantId: id }
export const getGrant: Rules<rpc.GetGrantRequest> = { grantId: id }
export const listGrants: Rules<rpc.ListGrantsRequest> = {
  ...{ pageSize, pageToken },
  environmentId: orEmpty(environmentId),
  clientId: orEmpty(id),
  userId: orEmpty(id),
}
