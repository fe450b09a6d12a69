import type { Reason, Wire } from '@gatehouse/policy-engine'
import type { OwnResponse } from '../http1/exchange.ts'

/** Names one answer for whoever reports it; nothing in it tells why beyond the code. */
export interface ProblemIds {
  readonly decisionId: string
  readonly requestId: string
}

const titles: Readonly<Record<string, string>> = {
  not_found: 'There is nothing here',
  method_not_allowed: 'The method is not allowed here',
  credential_missing: 'A credential is required',
  credential_invalid: 'The credential is not accepted',
  access_denied: 'The credential does not allow this',
  insufficient_scope: 'The credential lacks a scope',
  rate_limited: 'Too many requests',
  unavailable: 'It cannot be decided at the moment',
  internal_error: 'Something went wrong',
  request_invalid: 'The request is malformed',
  request_timeout: 'The request took too long',
  body_too_large: 'The body is too large',
  head_too_large: 'The request head is too large',
  target_too_long: 'The request target is too long',
  expectation_failed: 'The expectation cannot be met',
  not_implemented: 'This is not supported',
  version_unsupported: 'This HTTP version is not supported',
  upstream_failed: 'The upstream did not answer as it should',
  upstream_timeout: 'The upstream took too long',
}

/** Writes an answer as RFC 9457 problem details. */
export function problem(
  wire: Wire,
  { decisionId, requestId }: ProblemIds,
  headers: OwnResponse['headers'] = {},
): OwnResponse {
  const title = titles[wire.code] ?? wire.code
  const body = {
    type: `https://gatehouse.dev/problems/${wire.code.replaceAll('_', '-')}`,
    title,
    status: wire.status,
    code: wire.code,
    decision_id: decisionId,
    request_id: requestId,
  }
  return {
    status: wire.status,
    headers: {
      'Content-Type': 'application/problem+json',
      'Cache-Control': 'no-store',
      'X-Request-Id': requestId,
      ...headers,
    },
    body: `${JSON.stringify(body)}\n`,
  }
}

/** The reason to record for a request that could not be read, from the status it is refused with. */
export function refusalReason(status: number): Reason {
  switch (status) {
    case 408:
      return 'request_timeout'
    case 414:
    case 431:
      return 'request_head_too_large'
    case 501:
      return 'method_unsupported'
    case 505:
      return 'version_unsupported'
    default:
      return 'request_malformed'
  }
}
