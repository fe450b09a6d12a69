import type { Decision } from '../evidence.ts'
import type { Hit } from '../upstream.ts'

/** So many requests a gateway was busy with when it was killed. */
const busyMax = 16

/**
 * Nothing gets through to the upstream that no record says was allowed. Where the record does not go ahead it is written
 * while the upstream works: of what a killed gateway was busy with, its last few requests, which nobody got an answer to.
 */
export function checkUpstreamHits(hits: readonly Hit[], decisions: readonly Decision[]): string[] {
  const allowed = new Set(decisions.filter((decision) => decision.allowed).map(({ requestId }) => requestId))
  const recorded = new Set(decisions.map(({ requestId }) => requestId))
  const lasts = new Map<string, number>()
  for (const [life, number] of decisions.map(({ requestId }) => placeOf(requestId)))
    lasts.set(life, Math.max(number, lasts.get(life) ?? 0))
  const cutOff = ({ requestId, recordedAhead }: Hit) => {
    const [life, number] = placeOf(requestId)
    const amongLast = number > 0 && number > (lasts.get(life) ?? 0) - busyMax
    return amongLast && !recordedAhead && !recorded.has(requestId)
  }
  return hits
    .filter((hit) => !allowed.has(hit.requestId) && !cutOff(hit))
    .map(({ requestId }) => `request ${requestId} got to the upstream without a record that allows it`)
}

/** A gateway's process, and the number of the request in its life. */
function placeOf(requestId: string): readonly [life: string, number: number] {
  const [life = '', number = ''] = requestId.split('-')
  return [life, Number.parseInt(number, 36) || 0]
}
