import type { Staleness } from '@gatehouse/decision-state'
import type { OpenSpan } from '@gatehouse/grpc-service'
import { canonicalPath, type Match, match, type PathRefusal } from '@gatehouse/policy-engine'
import type { Exchange } from '../http1/exchange.ts'
import { newRequestId } from './request-id.ts'
import { requestSpan } from './span.ts'
import type { State } from './state.ts'

/** One request as it is decided: its facts, and the state it is decided on. */
export interface Inquiry extends Staleness {
  readonly exchange: Exchange
  readonly requestId: string
  /** Unix milliseconds: the one time that the decision knows. */
  readonly nowMs: number
  /** Canonical; empty when it has no canonical form. */
  readonly path: string
  readonly pathRefusal: PathRefusal | undefined
  readonly match: Match
  readonly span: OpenSpan | undefined
}

export function inquire(exchange: Exchange, state: State): Inquiry {
  const canonical = canonicalPath(exchange.target)
  const refused = typeof canonical !== 'string'
  const path = refused ? '' : canonical
  const nowMs = Date.now()
  const found = match(state.policy(), { host: exchange.host, method: exchange.method, path })
  return {
    exchange,
    requestId: newRequestId(),
    nowMs,
    stalenessMs: state.stalenessMs(),
    provenStalenessMs: state.provenStalenessMs(),
    path,
    pathRefusal: refused ? canonical : undefined,
    match: found,
    span: requestSpan(exchange, found, nowMs),
  }
}
