import type { DenyReason } from '@gatehouse/policy-engine'

/** How old the state may be that a request is decided on, in ms; Infinity where that is not known. */
export interface Staleness {
  /** Since the state was last known whole: by a probe of this process or, while a log does not answer, by the mark. */
  readonly stalenessMs: number
  /** The same by probes of this process alone: no clock but its own, so a bound that holds. */
  readonly provenStalenessMs: number
}

/**
 * Why nothing can be decided on this state. Before it was known whole neither presence nor absence means anything, and
 * an operation that sets a bound goes by what is proven alone.
 */
export function refuseUnknownState(
  { stalenessMs, provenStalenessMs }: Staleness,
  maxStalenessMs: number | undefined,
): Extract<DenyReason, 'read_model_unavailable' | 'state_stale'> | undefined {
  if (stalenessMs === Number.POSITIVE_INFINITY) return 'read_model_unavailable'
  if (maxStalenessMs !== undefined && provenStalenessMs > maxStalenessMs) return 'state_stale'
  return undefined
}
