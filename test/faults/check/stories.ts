import type { RecordedEvent } from '@gatehouse/contracts/event_log/v1/event_log_service'
import { type CredentialEvent, credentialEvents, encodeEvent } from '@gatehouse/contracts/events'
import type { Decision } from '../evidence.ts'
import type { Call, Command } from '../history.ts'

type Named<Name extends string> = Extract<CredentialEvent, { type: `gatehouse.credential.v1.${Name}` }>

const time = new Date(0)

export function command(more: Partial<Command> = {}): Command {
  const given = {
    id: 'c1',
    action: 'revoke',
    keyId: 'k1',
    outcome: 'ok',
    answer: '200',
    position: 'credential:3',
  } as const
  return { ...given, invokedAt: 900, endedAt: 1_000, ...more }
}

export function call(more: Partial<Call> = {}): Call {
  const given = { gateway: 'gateway', keyId: 'k1', strict: false, position: undefined, status: 200, requestId: 'r1' }
  return { ...given, invokedAt: 500, endedAt: 510, ...more }
}

export function decision(more: Partial<Decision> = {}): Decision {
  const given = { node: 'n', epoch: 1, sequence: 1, requestId: 'r1', allowed: true, reason: 'ok', credentialId: 'k1' }
  return { ...given, tokenId: '', ...more }
}

/** A log of these events, each in a stream of its key. */
export function log(...events: CredentialEvent[]): RecordedEvent[] {
  const versions = new Map<string, number>()
  return events.map((event, index) => {
    const stream = `api_key-${(event as Named<'ApiKeyRevoked'>).data.apiKeyId}`
    const version = (versions.get(stream) ?? 0) + 1
    versions.set(stream, version)
    const place = { position: BigInt(index + 1), version: BigInt(version), stream, eventId: `e${index + 1}` }
    const data = encodeEvent(credentialEvents, event)
    return { ...place, type: event.type, data, recordTime: time, traceparent: '' }
  })
}

export function issued(displayName: string, apiKeyId = 'k1', predecessorId = ''): CredentialEvent {
  return {
    type: 'gatehouse.credential.v1.ApiKeyIssued',
    data: {
      ...{ apiKeyId, displayName, predecessorId, environmentId: 'alpha', clientId: 'demo', subscriptionId: 's' },
      ...{
        digest: new Uint8Array(32),
        restrictions: undefined,
        issueTime: time,
        expireTime: undefined,
        imported: false,
      },
    },
  }
}

export function rotated(apiKeyId = 'k1', successorId = 'k2'): CredentialEvent {
  const data = { apiKeyId, successorId, rotateTime: time, overlapEndTime: time }
  return { type: 'gatehouse.credential.v1.ApiKeyRotated', data }
}

export function revoked(reason: string, apiKeyId = 'k1'): CredentialEvent {
  return { type: 'gatehouse.credential.v1.ApiKeyRevoked', data: { apiKeyId, reason, revokeTime: time } }
}
