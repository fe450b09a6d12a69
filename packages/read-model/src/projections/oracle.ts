import { createHash } from 'node:crypto'
import type { RecordedEvent } from '@gatehouse/contracts/event_log/v1/event_log_service'
import {
  type CredentialEvent,
  credentialEvents,
  decodeEvent,
  type PolicyEvent,
  policyEvents,
  tokenEvents,
} from '@gatehouse/contracts/events'
import { Api } from '@gatehouse/contracts/policy/v1/api'
import { Environment } from '@gatehouse/contracts/policy/v1/environment'
import { Plan } from '@gatehouse/contracts/policy/v1/plan'
import {
  ApiKeyDigestView,
  ApiKeyView,
  ClientSecretView,
  ClientView,
  CutoffView,
  EntitlementView,
  SubscriptionView,
} from '@gatehouse/contracts/read_model/v1/views'

import { tokenEntry } from './oracle-token.ts'

type Event = CredentialEvent | PolicyEvent
type Named<Suffix extends string> = Extract<Event, { type: `${string}.${Suffix}` }>

const clientStates = { ClientRegistered: 1, ClientSuspended: 2, ClientResumed: 1, ClientDeleted: 3 } as const
const clientSecretStates = { ClientSecretIssued: 1, ClientSecretRevoked: 2 } as const
const subscriptionStates = {
  SubscriptionCreated: 1,
  SubscriptionActivated: 2,
  SubscriptionResumed: 2,
  SubscriptionSuspended: 3,
  SubscriptionCancelled: 4,
} as const
const apiKeyStates = { ApiKeyIssued: 1, ApiKeySuspended: 2, ApiKeyResumed: 1, ApiKeyRevoked: 3 } as const

/**
 * The fold once more, for tests, slow and by other means: every stream of valid events is looked at as a whole, and
 * the bytes under the digest are put together by hand. Answers the digest that a model of these events must have, without
 * what expires by a time in ms of the epoch.
 */
export function oracleDigest(events: readonly RecordedEvent[], aliveAtMs = Date.now()): string {
  const streams = Map.groupBy(events, ({ stream }) => stream)
  const all = [
    ...[...streams.values()].flatMap((stream) => entriesOf(stream, aliveAtMs)),
    ...crossEntries(events, streams),
  ]
  const entries = all.map(([key, text, bytes]): [string, Buffer] => {
    return [key, Buffer.concat([Buffer.from(text), bytes])]
  })
  const hash = createHash('sha256')
  for (const [key, stored] of entries.sort(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(`${key.length} ${stored.length} ${key}`).update(stored)
  return hash.digest('hex')
}

export type OracleEntry = [key: string, head: string, value: Uint8Array]

function entriesOf(stream: readonly RecordedEvent[], aliveAtMs: number): OracleEntry[] {
  if (stream.every(({ type }) => Object.hasOwn(tokenEvents, type))) return tokenEntry(stream, aliveAtMs)
  if (stream.every(({ stream }) => stream.startsWith('initial_access_token-'))) return []
  const history = stream.flatMap((event): Event[] => {
    const decoded = decodeEvent(credentialEvents, event) ?? decodeEvent(policyEvents, event)
    return decoded ? [decoded] : []
  })
  const version = BigInt(stream.length)
  const issued = last(history, 'ApiKeyIssued')
  if (issued) return apiKeyEntries(history, issued, version)
  const [key, value] = wholeOf(history, version)
  return value ? [[key, `${version}:`, value]] : [[key, `${version}-`, new Uint8Array()]]
}

/** What the last event of several streams says: its version is its position in the log. */
function crossEntries(events: readonly RecordedEvent[], streams: ReadonlyMap<string, RecordedEvent[]>): OracleEntry[] {
  const entries = new Map<string, OracleEntry>()
  for (const recorded of events) {
    const event = decodeEvent(credentialEvents, recorded)
    if (event && isNamed(event, 'SubscriptionActivated')) {
      const [first] = streams.get(recorded.stream) ?? []
      const created = first && decodeEvent(credentialEvents, first)
      if (!created || !isNamed(created, 'SubscriptionCreated')) throw new Error('the history has no beginning')
      const { subscriptionId, clientId, apiId } = created.data
      const key = `entitlement/${clientId}/${apiId}`
      entries.set(key, [key, `${recorded.position}:`, EntitlementView.encode({ subscriptionId }).finish()])
    } else if (event && isNamed(event, 'ClientSecretRevoked')) {
      const { clientId, revokeTime: before } = event.data
      const key = `secret_cutoff/${clientId}`
      entries.set(key, [key, `${recorded.position}:`, CutoffView.encode({ before }).finish()])
    }
  }
  return [...entries.values()]
}

function wholeOf(history: readonly Event[], version: bigint): [string, Uint8Array?] {
  const client = last(history, 'ClientRegistered')?.data
  if (client) {
    const { displayName, registration } = last(history, 'ClientRegistrationChanged')?.data ?? client
    const state = stateAfter(history, clientStates)
    const view = { ...client, displayName, registration, state, version, revokedBefore: undefined }
    return [`client/${client.clientId}`, ClientView.encode(view).finish()]
  }
  const secret = last(history, 'ClientSecretIssued')?.data
  if (secret) {
    const { expireTime } = last(history, 'ClientSecretExpirationChanged')?.data ?? secret
    const state = stateAfter(history, clientSecretStates)
    const view = { ...secret, expireTime, state, version }
    return [`client_secret/${secret.clientSecretId}`, ClientSecretView.encode(view).finish()]
  }
  const created = last(history, 'SubscriptionCreated')?.data
  if (created) {
    const terms = last(history, 'SubscriptionChanged')?.data
    const { planId, operations, scopes } = terms ?? created
    const state = stateAfter(history, subscriptionStates)
    const view = { ...created, planId, operations, scopes, state, version }
    return [`subscription/${created.subscriptionId}`, SubscriptionView.encode(view).finish()]
  }
  const environment = last(history, 'EnvironmentPut')?.data.environment
  if (environment)
    return [`environment/${environment.environmentId}`, Environment.encode({ ...environment, version }).finish()]
  const plan = last(history, 'PlanPut')?.data.plan
  if (plan) return [`plan/${plan.environmentId}/${plan.planId}`, Plan.encode({ ...plan, version }).finish()]
  const api = last(history, 'ApiPublished')?.data.api
  if (!api) throw new Error('the history has no beginning')
  const retired = history.at(-1)?.type.endsWith('ApiRetired')
  return [`api/${api.environmentId}/${api.apiId}`, retired ? undefined : Api.encode({ ...api, version }).finish()]
}

function apiKeyEntries(history: readonly Event[], issued: Named<'ApiKeyIssued'>, version: bigint): OracleEntry[] {
  const { apiKeyId, environmentId, clientId, subscriptionId, digest, imported } = issued.data
  const restricted = last(history, 'ApiKeyRestrictionsChanged') ?? issued
  const expiring = last(history, 'ApiKeyExpirationChanged') ?? issued
  const overlaps = history.flatMap((event) => (isNamed(event, 'ApiKeyRotated') ? [event.data.overlapEndTime] : []))
  const overlapEndTime = earliest(overlaps)
  const expireTime = earliest([expiring.data.expireTime, overlapEndTime])
  const { restrictions } = restricted.data
  const state = stateAfter(history, apiKeyStates)
  const owner = { apiKeyId, environmentId, clientId, subscriptionId }
  const view = { ...owner, digest, restrictions, expireTime, overlapEndTime, state, version }
  const entry: OracleEntry = [`api_key/${apiKeyId}`, `${version}:`, ApiKeyView.encode(view).finish()]
  if (!imported) return [entry]
  const lead = `api_key_digest/${Buffer.from(digest).toString('base64url')}`
  return [entry, [lead, '1:', ApiKeyDigestView.encode({ apiKeyId }).finish()]]
}

const finalEvents = new Set(['ApiKeyRevoked', 'SubscriptionCancelled', 'ClientSecretRevoked', 'ClientDeleted'])

// Final states win wherever they stand.
function stateAfter<State extends number>(history: readonly Event[], states: Readonly<Record<string, State>>): State {
  const names = history.map(({ type }) => type.slice(type.lastIndexOf('.') + 1))
  const end = names.find((name) => finalEvents.has(name))
  const state = states[end ?? names.findLast((name) => name in states) ?? '']
  if (state === undefined) throw new Error('the history has no beginning')
  return state
}

function isNamed<Suffix extends string>(event: Event, suffix: Suffix): event is Named<Suffix> {
  return event.type.endsWith(`.${suffix}`)
}

function last<Suffix extends string>(history: readonly Event[], suffix: Suffix): Named<Suffix> | undefined {
  return history.findLast((event) => isNamed(event, suffix))
}

function earliest(times: readonly (Date | undefined)[]): Date | undefined {
  return times.filter((time) => time !== undefined).sort((a, b) => a.getTime() - b.getTime())[0]
}
