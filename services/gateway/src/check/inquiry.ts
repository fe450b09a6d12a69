import { canonicalPath, type Match, match, type PathRefusal } from '@gatehouse/policy-engine'
import type { Exchange } from '../http1/exchange.ts'
import { newRequestId } from './request-id.ts'
import type { State } from './state.ts'

/** One request as it is decided: its facts, and the state it is decided on. */
export interface Inquiry {
  readonly exchange: Exchange
  readonly requestId: string
  /** Unix milliseconds: the one time that the decision knows. */
  readonly nowMs: number
  readonly stalenessMs: number
  /** Canonical; the raw target's start when it has no canonical form. */
  readonly path: string
  readonly pathRefusal: PathRefusal | undefined
  readonly match: Match
}

export function inquire(exchange: Exchange, state: State): Inquiry {
  const canonical = canonicalPath(exchange.target)
  const refused = typeof canonical !== 'string'
  const path = refused ? '' : canonical
  return {
    exchange,
    requestId: newRequestId(),
    nowMs: Date.now(),
    stalenessMs: state.stalenessMs(),
    path,
    pathRefusal: refused ? canonical : undefined,
    match: match(state.policy(), { host: exchange.host, method: exchange.method, path }),
  }
}
