import type { RecordedEvent } from '@gatehouse/contracts/event_log/v1/event_log_service'
import { credentialEvents, decodeEvent, policyEvents, tokenEvents } from '@gatehouse/contracts/events'
import type { Log } from '../evidence.ts'
import type { Command, History } from '../history.ts'

/** What was acknowledged is in the log once, what was refused is not, and what is unknown at most once. */
export function checkCommands({ commands }: History, { events }: Pick<Log, 'events'>): string[] {
  const traces = countTraces(events)
  return commands.flatMap((command) => {
    const expected = { ok: [1], fail: [0], unknown: [0, 1] }[command.outcome]
    const counts = tracesOf(command).map((trace) => traces.get(trace) ?? 0)
    if (counts.every((count) => expected.includes(count) && count === counts[0])) return []
    const { action, id, keyId, outcome, answer } = command
    return [`${action} ${id} of key ${keyId}, outcome ${outcome} (${answer}), is ${counts.join('/')} times in the log`]
  })
}

/** The events of a rotation and a resumption have no text of ours; a key has one of each at most, and both events of a rotation stand or fall together. */
function tracesOf({ action, id, keyId }: Command): readonly string[] {
  if (action === 'rotate') return [`rotate ${keyId}`, `succeed ${keyId}`]
  return action === 'resume' ? [`resume ${keyId}`] : [`${action} ${id}`]
}

function countTraces(events: readonly RecordedEvent[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const event of events) {
    const trace = eventTrace(event)
    if (trace) counts.set(trace, (counts.get(trace) ?? 0) + 1)
  }
  return counts
}

function eventTrace(recorded: RecordedEvent): string | undefined {
  const event =
    decodeEvent(credentialEvents, recorded) ?? decodeEvent(policyEvents, recorded) ?? decodeEvent(tokenEvents, recorded)
  switch (event?.type) {
    case 'gatehouse.credential.v1.ApiKeyIssued':
      // A successor has the name of its predecessor.
      return event.data.predecessorId ? `succeed ${event.data.predecessorId}` : `issue ${event.data.displayName}`
    case 'gatehouse.credential.v1.ApiKeyRotated':
      return `rotate ${event.data.apiKeyId}`
    case 'gatehouse.credential.v1.ApiKeySuspended':
      return `suspend ${event.data.reason}`
    case 'gatehouse.credential.v1.ApiKeyResumed':
      return `resume ${event.data.apiKeyId}`
    case 'gatehouse.credential.v1.ApiKeyRevoked':
      return `revoke ${event.data.reason}`
    case 'gatehouse.token.v1.TokenRevoked':
      return `revoke_token ${event.data.reason}`
    case 'gatehouse.policy.v1.ApiPublished':
      return `publish ${event.data.api?.operations.at(-1)?.operationId}`
    default:
      return undefined
  }
}
