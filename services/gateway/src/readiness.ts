import { refuseUnknownState, type Staleness } from '@gatehouse/decision-state'
import type { PolicyTable } from '@gatehouse/policy-engine'

/**
 * Whether a request can be served on this state. A stale one is enough for the operations that tolerate it: when the
 * control plane is away all gateways are stale together, and to take them all out of their load balancer would make an
 * outage of everything out of one of the strict operations. Where every operation sets a bound and all are passed, nothing
 * is served here, and perhaps elsewhere.
 */
export function canServe(policy: PolicyTable, staleness: Staleness): boolean {
  if (refuseUnknownState(staleness, undefined)) return false
  let bounds = 0
  for (const bound of stalenessBounds(policy)) {
    if (!refuseUnknownState(staleness, bound)) return true
    bounds++
  }
  return bounds === 0
}

/** Of everything that is published, in ms; undefined is none. */
function* stalenessBounds(policy: PolicyTable): Iterable<number | undefined> {
  for (const { enforcement, issuer, apis } of policy.environments()) {
    if (issuer) yield enforcement.maxStalenessMs
    for (const api of apis.values())
      if (api.kind === 'usable')
        for (const operation of api.operations) yield operation.enforcement.maxStalenessMs ?? enforcement.maxStalenessMs
  }
}
