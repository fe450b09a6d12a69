import { type Call, type Fault, type History, isAllow } from '../history.ts'
import { type End, endsOf } from './ends.ts'

export interface RevocationBound {
  /** For operations with a bound on staleness, whatever happens, in ms after the acknowledgement. */
  readonly strictMs: number
  /** For the others, in ms after the acknowledgement or, when that is later, the end of faults that hinder the news. */
  readonly otherMs: number
  /** When the fault was over; 0 when it never hindered the news, or when the history names its faults. */
  readonly healedAt: number
}

/** A credential whose end was acknowledged is not let in by a call that began later than the bound. */
export function checkRevocation(history: History, bound: RevocationBound): string[] {
  const ends = endsOf(history)
  const hindering = (history.faults ?? []).filter(({ hinders }) => hinders).sort((a, b) => a.from - b.from)
  return history.calls
    .filter(isAllow)
    .flatMap((call) => (ends.get(call.keyId) ?? []).flatMap((end) => late(call, end, bound, hindering)))
}

function late(call: Call, end: End, bound: RevocationBound, hindering: readonly Fault[]): string[] {
  if (call.endedAt >= end.until) return []
  const allowedUntil = call.strict
    ? end.endedAt + bound.strictMs
    : quietFrom(Math.max(end.endedAt, bound.healedAt), bound.otherMs, hindering) + bound.otherMs
  // An end that was told no position cannot be carried.
  const carried = end.position !== '' && call.position === end.position && call.invokedAt >= end.endedAt
  if (call.invokedAt <= allowedUntil && !carried) return []
  const how = carried ? 'at the position of its end' : call.strict ? 'on a strict operation' : ''
  const lateMs = Math.round(call.invokedAt - end.endedAt)
  return [`${call.gateway} let ${call.keyId} in ${how} ${lateMs} ms after ${end.what} (${call.requestId})`]
}

/** From when on there was no fault for so long. A gateway that was hurt follows again when it has settled. */
function quietFrom(from: number, quietMs: number, faults: readonly Fault[]): number {
  let quiet = from
  for (const fault of faults)
    if (fault.from <= quiet + quietMs) quiet = Math.max(quiet, fault.settledAt ?? Number.POSITIVE_INFINITY)
  return quiet
}
