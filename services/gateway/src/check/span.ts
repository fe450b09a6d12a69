import { isTracing, type OpenSpan, openSpan } from '@gatehouse/grpc-service'
import type { Match } from '@gatehouse/policy-engine'
import { type Exchange, type Outcome, repeated } from '../http1/exchange.ts'

/** The span of a request, in the caller's trace or a new one; undefined, at the cost of one branch, when none is exported. */
export function requestSpan(exchange: Exchange, match: Match, nowMs: number): OpenSpan | undefined {
  if (!isTracing()) return undefined
  const incoming = exchange.header('traceparent')
  const startTimeMs = nowMs - (performance.now() - exchange.receivedAtMs)
  const route = routeOf(match)
  const name = route === undefined ? exchange.method : `${exchange.method} ${route}`
  const span = openSpan(name, 'server', incoming === repeated ? undefined : incoming, startTimeMs)
  const { whenOver, method } = exchange
  exchange.whenOver = (outcome) => {
    const status = outcome.status > 0 ? { 'http.response.status_code': outcome.status } : {}
    const where = route === undefined ? {} : { 'http.route': route }
    span.end({ 'http.request.method': method, ...where, ...status }, failureOf(outcome))
    whenOver?.(outcome)
  }
  return span
}

/** The template, never the path: that may name who it is about. */
function routeOf(match: Match): string | undefined {
  return match.kind === 'matched' ? match.api.prefix + match.operation.pathTemplate : undefined
}

function failureOf({ end, failure, status }: Outcome): string | undefined {
  if (failure !== undefined) return failure
  if (end !== 'complete') return end
  return status >= 500 ? String(status) : undefined
}
