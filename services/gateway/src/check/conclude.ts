import { type DenyReason, type UpstreamReason, type Wire, wireOf } from '@gatehouse/policy-engine'
import type { Exchange, ForwardFailure, OwnResponse } from '../http1/exchange.ts'
import { challenges } from './challenge.ts'
import type { CheckParts, Watch } from './check.ts'
import { recordOf, type Verdict } from './decision.ts'
import { Durable } from './durable.ts'
import { headersToRemove, identityHeaders, upstreamPath } from './forward-plan.ts'
import type { Inquiry } from './inquiry.ts'
import { rateLimitHeaders, retryAfterSeconds } from './limit.ts'
import { type ProblemIds, problem } from './problem.ts'

/** Records the verdict, then forwards or answers. Nothing leaves before its record is where the audit mode wants it. */
export function conclude(parts: CheckParts, inquiry: Inquiry, verdict: Verdict): void {
  // Its client left while it was decided: nobody gets an answer, so there is none to record.
  if (inquiry.exchange.over) return
  if (verdict.reason === 'ok') forward(parts, inquiry, verdict)
  else answer(parts, inquiry, verdict)
}

function forward(parts: CheckParts, inquiry: Inquiry, verdict: Verdict): void {
  const { exchange, match, requestId } = inquiry
  if (match.kind !== 'matched') {
    answer(parts, inquiry, { ...verdict, reason: 'internal_error' })
    return
  }
  const { upstream, base } = parts.upstreams.of(match.api)
  const path = upstreamPath(inquiry, match, base)
  const addHeaders = identityHeaders(inquiry, match, verdict)
  const durable = new Durable()
  const entry = recordOf(inquiry, verdict, parts.state)
  const decisionId = append(() => parts.trail.append(entry, durable.settle))
  if (decisionId === undefined) {
    answer(parts, inquiry, { ...verdict, reason: 'audit_unavailable' })
    return
  }
  parts.watch.decided('ok', entry.authMethod ?? 'none', (entry.durationUs ?? 0) / 1000)
  const ids = { decisionId, requestId }
  const mode = match.enforcement.auditMode
  try {
    exchange.forward({
      ...{ upstream, path, addHeaders },
      removeHeaders: headersToRemove(match, verdict),
      addResponseHeaders: responseHeaders(requestId, verdict),
      sendGate: mode === 'write_ahead' ? durable.gate : undefined,
      headGate: mode === 'before_response' ? durable.gate : undefined,
      failed: (failure, error) => upstreamProblem(parts, failure, error, ids),
    })
  } catch (error) {
    // Recorded as allowed, and nothing was sent: the answer belongs to that record, not to a second one.
    parts.watch.failed(error)
    answerOnRecord(parts, exchange, durable, problem(wireOf('internal_error'), ids))
  }
}

function responseHeaders(requestId: string, { consumption }: Verdict): readonly string[] {
  if (!consumption) return ['X-Request-Id', requestId]
  const limits = rateLimitHeaders(consumption)
  return ['X-Request-Id', requestId, limits[0], limits[1], limits[2], limits[3]]
}

function answer(parts: CheckParts, inquiry: Inquiry, verdict: Verdict): void {
  const { exchange, requestId, match } = inquiry
  const durable = new Durable()
  const entry = recordOf(inquiry, verdict, parts.state)
  const decisionId = append(() => parts.trail.appendRefusal(entry, durable.settle))
  // An answer without a record must not exist.
  if (decisionId === undefined) {
    parts.watch.unrecorded()
    exchange.abort()
    return
  }
  parts.watch.decided(verdict.reason, entry.authMethod ?? 'none', (entry.durationUs ?? 0) / 1000)
  const wire = wireOf(verdict.reason)
  const response = problem(wire, { decisionId, requestId }, denialHeaders(inquiry, verdict, wire))
  if (match.enforcement.auditMode === 'async') exchange.answer(response)
  else answerOnRecord(parts, exchange, durable, response)
}

/** Answers as soon as the record is on disk; when it does not get there, the client gets no answer. */
export function answerOnRecord(
  { watch }: Pick<CheckParts, 'watch'>,
  client: Pick<Exchange, 'answer' | 'abort'>,
  durable: Durable,
  response: OwnResponse,
): void {
  const failed = (error: unknown) => {
    watch.failed(error)
    watch.unrecorded()
    client.abort()
  }
  if (durable.gate(() => answerOrAbort(watch, client, response), failed)) client.answer(response)
}

/** The trail calls it, for which nothing of one request may fail. */
function answerOrAbort(watch: Watch, client: Pick<Exchange, 'answer' | 'abort'>, response: OwnResponse): void {
  try {
    client.answer(response)
  } catch (error) {
    watch.failed(error)
    client.abort()
  }
}

function denialHeaders({ match }: Inquiry, verdict: Verdict, wire: Wire): OwnResponse['headers'] {
  const { reason, consumption, dpopNonce } = verdict
  const headers: Record<string, string | readonly string[]> = {}
  const challenge = challenges(wire.challenge, match)
  if (challenge.length) headers['WWW-Authenticate'] = challenge
  if (dpopNonce !== undefined) headers['DPoP-Nonce'] = dpopNonce
  if (match.kind === 'unmatched' && match.allow !== undefined && reason === 'method_not_allowed')
    headers['Allow'] = match.allow
  if (consumption) {
    const [policyName, policy, limitName, limit] = rateLimitHeaders(consumption)
    Object.assign(headers, { [policyName]: policy, [limitName]: limit })
  }
  if (wire.status === 429 && consumption) headers['Retry-After'] = retryAfterSeconds(consumption)
  if (wire.status === 503) headers['Retry-After'] = '1'
  return headers
}

/** The id of a record that was taken; undefined when the spool is full. */
export function append(write: () => string): string | undefined {
  try {
    return write()
  } catch (error) {
    if (error instanceof Error && error.name === 'SpoolFull') return undefined
    throw error
  }
}

/**
 * The request was allowed, and its record says so; this tells the client why there is nothing from the upstream.
 * Nothing when the record did not get to the disk: then no answer may be given on it, not even a refusal.
 */
function upstreamProblem(
  { watch }: CheckParts,
  failure: ForwardFailure,
  error: unknown,
  ids: ProblemIds,
): OwnResponse | undefined {
  if (failure !== 'gate_failed') return problem(wireOf(upstreamReason(failure)), ids)
  watch.failed(error)
  watch.unrecorded()
  return undefined
}

function upstreamReason(failure: Exclude<ForwardFailure, 'gate_failed'>): DenyReason | UpstreamReason {
  switch (failure) {
    case 'upstream_busy':
      return 'overloaded'
    case 'upstream_connect_failed':
      return 'upstream_unreachable'
    case 'upstream_connect_timeout':
    case 'upstream_head_timeout':
    case 'upstream_body_timeout':
      return 'upstream_timeout'
    case 'upstream_closed':
      return 'upstream_aborted'
    case 'upstream_malformed':
      return 'upstream_response_malformed'
    case 'request_body_malformed':
      return 'request_malformed'
    case 'request_body_timeout':
      return 'request_timeout'
  }
}
