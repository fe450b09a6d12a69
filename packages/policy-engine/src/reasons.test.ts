import { expect, test } from 'vitest'
import { type Reason, wireOf } from './reasons.ts'

const refusedCredentials: Reason[] = [
  'credential_malformed',
  'credential_ambiguous',
  'credential_unknown',
  'credential_mismatch',
  'api_key_suspended',
  'api_key_revoked',
  'api_key_expired',
  'api_key_state_unknown',
  'token_malformed',
  'token_signature_invalid',
  'token_expired',
  'token_unknown',
  'token_revoked',
  'grant_revoked',
  'token_cut_off',
  'user_suspended',
  'token_audience_wrong',
  'certificate_mismatch',
]

test('refused credentials look alike', () => {
  for (const reason of refusedCredentials) expect(wireOf(reason)).toBe(wireOf('credential_unknown'))
  expect(wireOf('credential_unknown')).toMatchObject({ status: 401, challenge: 'credential_invalid' })
})

test.each<[Reason, number]>([
  ['ok', 200],
  ['request_malformed', 400],
  ['path_malformed', 400],
  ['credential_missing', 401],
  ['operation_not_entitled', 403],
  ['scope_missing', 403],
  ['no_operation', 404],
  ['method_not_allowed', 405],
  ['rate_limited', 429],
  ['upstream_unreachable', 502],
  ['state_stale', 503],
  ['audit_unavailable', 503],
  ['api_unusable', 503],
  ['upstream_timeout', 504],
])('%s is %i', (reason, status) => {
  expect(wireOf(reason).status).toBe(status)
})

test.each(['constructor', '__proto__', 'allowed', ''])('what is no reason is an error: %j', (reason) => {
  expect(wireOf(reason as Reason).status).toBe(500)
})

test('every 401 has a challenge and nothing else claims one without cause', () => {
  expect(wireOf('credential_missing').challenge).toBe('credential_missing')
  expect(wireOf('scope_missing').challenge).toBe('insufficient_scope')
  expect(wireOf('rate_limited').challenge).toBe('none')
})
