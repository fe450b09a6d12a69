import { type Reason, wireOf } from '@gatehouse/policy-engine'
import { expect, test } from 'vitest'
import { problem, refusalReason } from './problem.ts'

const ids = { decisionId: 'n.1.2', requestId: 'r-1' }

test.each<[Reason, number]>([
  ['credential_missing', 401],
  ['api_key_revoked', 401],
  ['token_revoked', 401],
  ['scope_missing', 403],
  ['ip_not_allowed', 403],
  ['no_api', 404],
  ['state_stale', 503],
  ['upstream_timeout', 504],
])('%s: %i, and no word of the reason', (reason, status) => {
  const { headers, body, ...answer } = problem(wireOf(reason), ids)
  expect(answer.status).toBe(status)
  expect(headers).toMatchObject({ 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store' })
  const { type, title, ...rest } = JSON.parse(String(body)) as Record<string, unknown>
  expect(rest).toEqual({ status, code: wireOf(reason).code, decision_id: 'n.1.2', request_id: 'r-1' })
  expect(type).toMatch(/^https:\/\/gatehouse\.dev\/problems\/[a-z-]+$/)
  expect(title).not.toBe(wireOf(reason).code)
})

test.each([
  [400, 'request_malformed'],
  [408, 'request_timeout'],
  [414, 'request_head_too_large'],
  [417, 'request_malformed'],
  [431, 'request_head_too_large'],
  [501, 'method_unsupported'],
  [505, 'version_unsupported'],
])('a request refused with %i is recorded as %s', (status, reason) => {
  expect(refusalReason(status)).toBe(reason)
})
