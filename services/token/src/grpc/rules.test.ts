import { SigningAlgorithm } from '@gatehouse/contracts/policy/v1/token_settings'
import { CutoffSubject } from '@gatehouse/contracts/token/v1/revocation'
import { RevokeTokensBeforeRequest, RotateSigningKeyRequest } from '@gatehouse/contracts/token/v1/token_admin_service'
import { validate } from '@gatehouse/grpc-service'
import { describe, expect, test } from 'vitest'
import * as rules from './rules.ts'

const common = { requestId: 'r1', environmentId: 'alpha' }
/** As it comes from the wire, where an enum is any int32. */
const sent = <Message>(
  codec: { encode(message: Message): { finish(): Uint8Array }; decode(bytes: Uint8Array): Message },
  message: Message,
) => codec.decode(codec.encode(message).finish())

const refused = (field: string) => expect.objectContaining({ violations: [{ field, description: expect.any(String) }] })

describe('a number that the enum does not have is refused', () => {
  test.each([3, 99, -1, -2, 2 ** 31 - 1])('algorithm %i', (algorithm) => {
    const message = sent(RotateSigningKeyRequest, { ...common, algorithm: algorithm as SigningAlgorithm })
    expect(() => validate(rules.rotateSigningKey, message)).toThrow(refused('algorithm'))
  })

  test.each([0, 4, 99, -1, -2, 2 ** 31 - 1])('subject of a cut-off %i', (subject) => {
    const given = RevokeTokensBeforeRequest.fromPartial({ ...common, subjectId: 'c1' })
    const message = sent(RevokeTokensBeforeRequest, { ...given, subject: subject as CutoffSubject })
    expect(() => validate(rules.revokeTokensBefore, message)).toThrow(refused('subject'))
  })
})

test('every one that it has is taken', () => {
  const { SIGNING_ALGORITHM_UNSPECIFIED, SIGNING_ALGORITHM_ES256, SIGNING_ALGORITHM_RS256 } = SigningAlgorithm
  for (const algorithm of [SIGNING_ALGORITHM_UNSPECIFIED, SIGNING_ALGORITHM_ES256, SIGNING_ALGORITHM_RS256])
    validate(rules.rotateSigningKey, sent(RotateSigningKeyRequest, { ...common, algorithm }))
  const { CUTOFF_SUBJECT_CLIENT, CUTOFF_SUBJECT_USER, CUTOFF_SUBJECT_ENVIRONMENT } = CutoffSubject
  const given = RevokeTokensBeforeRequest.fromPartial(common)
  for (const subject of [CUTOFF_SUBJECT_CLIENT, CUTOFF_SUBJECT_USER, CUTOFF_SUBJECT_ENVIRONMENT])
    validate(rules.revokeTokensBefore, sent(RevokeTokensBeforeRequest, { ...given, subject }))
})
