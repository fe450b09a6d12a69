import type { Decision } from '../evidence.ts'

/** Nothing gets through to the upstream that no record says was allowed. */
export function checkUpstreamHits(hits: readonly string[], decisions: readonly Decision[]): string[] {
  const allowed = new Set(decisions.filter((decision) => decision.allowed).map(({ requestId }) => requestId))
  return hits
    .filter((requestId) => !allowed.has(requestId))
    .map((requestId) => `request ${requestId} got to the upstream without a record that allows it`)
}
