import { type Command, type History, isAllow } from '../history.ts'

export interface RevocationBound {
  /** For operations with a bound on staleness, whatever happens, in ms after the acknowledgement. */
  readonly strictMs: number
  /** For the others, in ms after the acknowledgement or, when that is later, the end of the fault. */
  readonly otherMs: number
  /** When the fault was over; 0 when it never hindered the news. */
  readonly healedAt: number
}

/** A key whose revocation or suspension was acknowledged is not let in by a call that began later than the bound. */
export function checkRevocation({ commands, calls }: History, bound: RevocationBound): string[] {
  const blocked = new Map(commands.filter(isBlock).map((command) => [command.keyId, command]))
  return calls.filter(isAllow).flatMap((call) => {
    const block = blocked.get(call.keyId)
    if (!block) return []
    const lateMs = Math.round(call.invokedAt - block.endedAt)
    const allowedUntil = call.strict
      ? block.endedAt + bound.strictMs
      : Math.max(block.endedAt, bound.healedAt) + bound.otherMs
    const carried = call.position !== undefined && call.position === block.position
    if (call.invokedAt <= allowedUntil && !carried) return []
    const how = carried ? 'at the position of its end' : call.strict ? 'on a strict operation' : ''
    return [`${call.gateway} let key ${call.keyId} in ${how} ${lateMs} ms after ${block.action} ${block.id}`]
  })
}

const isBlock = ({ action, outcome }: Command) => outcome === 'ok' && (action === 'suspend' || action === 'revoke')
