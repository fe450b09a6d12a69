import { ClientRegistration } from '@gatehouse/contracts/credential/v1/client_registration'
import type { RecordedEvent } from '@gatehouse/contracts/event_log/v1/event_log_service'
import {
  type CredentialEvent,
  credentialEvents,
  encodeEvent,
  type PolicyEvent,
  policyEvents,
} from '@gatehouse/contracts/events'
import { Api } from '@gatehouse/contracts/policy/v1/api'
import { Environment } from '@gatehouse/contracts/policy/v1/environment'
import { Plan } from '@gatehouse/contracts/policy/v1/plan'
import fc from 'fast-check'

/** One choice of the generator: which aggregate moves, which of its possible events, and with what inside. */
interface Choice {
  readonly noun: number
  readonly id: number
  readonly event: number
  readonly time: number
  readonly words: readonly string[]
}

const choice: fc.Arbitrary<Choice> = fc.record({
  noun: fc.nat(3),
  id: fc.nat(4),
  event: fc.nat(20),
  time: fc.integer({ min: 1, max: 4_000_000_000_000 }),
  words: fc.array(fc.string({ unit: 'binary', maxLength: 6 }), { maxLength: 3 }),
})

/** Valid histories of the credential log, for tests: dense positions and versions, every stream begun before it moves. */
export const credentialHistory: fc.Arbitrary<RecordedEvent[]> = fc
  .array(choice, { maxLength: 60, size: 'max' })
  .map((choices) => record(choices, credentialEvent, (event) => encodeEvent(credentialEvents, event)))

/** Valid histories of the policy log, for tests. */
export const policyHistory: fc.Arbitrary<RecordedEvent[]> = fc
  .array(choice, { maxLength: 60, size: 'max' })
  .map((choices) => record(choices, policyEvent, (event) => encodeEvent(policyEvents, event)))

/** One valid history of the credential log with so many events, always the same for a seed. */
export function sampleHistory(length: number, seed: number): RecordedEvent[] {
  const [choices = []] = fc.sample(fc.array(choice, { minLength: length, maxLength: length }), { numRuns: 1, seed })
  return record(choices, credentialEvent, (event) => encodeEvent(credentialEvents, event))
}

/** A credential log of a given length, for tests: clients `1` to `50` are registered, then suspended and resumed in turn. */
export function clientLog(length: number): RecordedEvent[] {
  const choices = Array.from({ length }, (_, n): Choice => {
    return { noun: 0, id: (n % 50) + 1, event: (Math.floor(n / 50) - 1) % 2, time: 1_700_000_000_000 + n, words: [] }
  })
  return record(choices, credentialEvent, (event) => encodeEvent(credentialEvents, event))
}

type Streams<Event> = ReadonlyMap<string, readonly Event[]>
type Chosen<Event> = readonly [stream: string, event: Event]

function record<Event extends { readonly type: string }>(
  choices: readonly Choice[],
  choose: (choice: Choice, streams: Streams<Event>) => Chosen<Event>,
  encode: (event: Event) => Uint8Array,
): RecordedEvent[] {
  const streams = new Map<string, Event[]>()
  return choices.map((each, index) => {
    const [stream, event] = choose(each, streams)
    const before = streams.get(stream) ?? []
    streams.set(stream, [...before, event])
    const place = { position: BigInt(index + 1), version: BigInt(before.length + 1), stream }
    const eventId = `${stream}-${before.length + 1}`
    return {
      ...place,
      type: event.type,
      data: encode(event),
      eventId,
      recordTime: new Date(each.time),
      traceparent: '',
    }
  })
}

const credentialStreams = [
  ['client', clientEvents],
  ['subscription', subscriptionEvents],
  ['api_key', apiKeyEvents],
  ['client_secret', clientSecretEvents],
] as const

function credentialEvent(choice: Choice, streams: Streams<CredentialEvent>): Chosen<CredentialEvent> {
  const [noun, make] = credentialStreams[choice.noun % 4] ?? credentialStreams[0]
  const stream = `${noun}-${choice.id}`
  const [first, ...rest] = make(String(choice.id), new Date(choice.time), choice.words)
  const event = streams.has(stream) ? rest[choice.event % rest.length] : first
  if (!event) throw new Error('no event to choose')
  return [stream, event]
}

function clientEvents(clientId: string, time: Date, [reason = '']: readonly string[]): CredentialEvent[] {
  const type = 'gatehouse.credential.v1.Client'
  const registration = reason === '' ? undefined : { ...ClientRegistration.create(), redirectUris: [reason] }
  const about = { clientId, displayName: reason, registration }
  return [
    { type: `${type}Registered`, data: { ...about, environmentId: 'alpha', registerTime: time } },
    { type: `${type}Suspended`, data: { clientId, reason, suspendTime: time } },
    { type: `${type}Resumed`, data: { clientId, resumeTime: time } },
    { type: `${type}RegistrationChanged`, data: { ...about, changeTime: time } },
    { type: `${type}Deleted`, data: { clientId, deleteTime: time } },
  ]
}

function clientSecretEvents(clientSecretId: string, time: Date, words: readonly string[]): CredentialEvent[] {
  const type = 'gatehouse.credential.v1.ClientSecret'
  const [reason = ''] = words
  const owner = { environmentId: 'alpha', clientId: `c${Number(clientSecretId) % 2}` }
  const expireTime = words.length > 1 ? time : undefined
  const digest = new Uint8Array(32).fill(Number(clientSecretId))
  return [
    {
      type: `${type}Issued`,
      data: { clientSecretId, ...owner, displayName: reason, digest, issueTime: time, expireTime },
    },
    { type: `${type}Revoked`, data: { clientSecretId, clientId: owner.clientId, reason, revokeTime: time } },
    { type: `${type}ExpirationChanged`, data: { clientSecretId, expireTime, changeTime: time } },
  ]
}

function subscriptionEvents(subscriptionId: string, time: Date, words: readonly string[]): CredentialEvent[] {
  const type = 'gatehouse.credential.v1.Subscription'
  const terms = { planId: words[0] ?? '', operations: words, scopes: words.toReversed() }
  const owner = { environmentId: 'alpha', clientId: '1', apiId: `a${Number(subscriptionId) % 2}` }
  const [reason = ''] = words
  return [
    { type: `${type}Created`, data: { subscriptionId, ...owner, ...terms, createTime: time } },
    { type: `${type}Activated`, data: { subscriptionId, activateTime: time } },
    { type: `${type}Suspended`, data: { subscriptionId, reason, suspendTime: time } },
    { type: `${type}Resumed`, data: { subscriptionId, resumeTime: time } },
    { type: `${type}Cancelled`, data: { subscriptionId, reason, cancelTime: time } },
    { type: `${type}Changed`, data: { subscriptionId, ...terms, changeTime: time } },
  ]
}

function apiKeyEvents(apiKeyId: string, time: Date, words: readonly string[]): CredentialEvent[] {
  const type = 'gatehouse.credential.v1.ApiKey'
  const [reason = ''] = words
  const restrictions = { cidrs: words, operations: words.toReversed(), scopes: [] }
  const expireTime = words.length > 1 ? time : undefined
  const issued = {
    ...{ apiKeyId, environmentId: 'alpha', clientId: '1', subscriptionId: '1', displayName: reason },
    ...{ digest: new Uint8Array(32).fill(Number(apiKeyId)), predecessorId: '', imported: words.length === 1 },
    ...{ restrictions, issueTime: time, expireTime },
  }
  return [
    { type: `${type}Issued`, data: issued },
    { type: `${type}Rotated`, data: { apiKeyId, successorId: reason, rotateTime: time, overlapEndTime: time } },
    { type: `${type}Suspended`, data: { apiKeyId, reason, suspendTime: time } },
    { type: `${type}Resumed`, data: { apiKeyId, resumeTime: time } },
    { type: `${type}Revoked`, data: { apiKeyId, reason, revokeTime: time } },
    { type: `${type}ExpirationChanged`, data: { apiKeyId, expireTime, changeTime: time } },
    { type: `${type}RestrictionsChanged`, data: { apiKeyId, restrictions, changeTime: time } },
  ]
}

function policyEvent(choice: Choice, streams: Streams<PolicyEvent>): Chosen<PolicyEvent> {
  const id = `n${choice.id}`
  const time = new Date(choice.time)
  const [displayName = ''] = choice.words
  const noun = choice.noun % 3
  if (noun === 0) {
    const environment = Environment.fromPartial({ environmentId: id, displayName, hosts: choice.words })
    return [`environment-${id}`, { type: 'gatehouse.policy.v1.EnvironmentPut', data: { environment, putTime: time } }]
  }
  if (noun === 1) {
    const plan = Plan.fromPartial({ environmentId: 'alpha', planId: id, displayName })
    return [`plan-alpha.${id}`, { type: 'gatehouse.policy.v1.PlanPut', data: { plan, putTime: time } }]
  }
  const stream = `api-alpha.${id}`
  if (choice.event % 3 === 0 && streams.get(stream)?.at(-1)?.type === 'gatehouse.policy.v1.ApiPublished') {
    const data = { environmentId: 'alpha', apiId: id, retireTime: time }
    return [stream, { type: 'gatehouse.policy.v1.ApiRetired', data }]
  }
  const api = Api.fromPartial({ environmentId: 'alpha', apiId: id, displayName, upstreams: choice.words })
  return [stream, { type: 'gatehouse.policy.v1.ApiPublished', data: { api, publishTime: time } }]
}
