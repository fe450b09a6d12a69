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
  noun: fc.nat(2),
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
    return { noun: 0, id: (n % 50) + 1, event: Math.floor(n / 50) - 1, time: 1_700_000_000_000 + n, words: [] }
  })
  return record(choices, credentialEvent, (event) => encodeEvent(credentialEvents, event))
}

type Chosen<Event> = readonly [stream: string, event: Event]

function record<Event extends { readonly type: string }>(
  choices: readonly Choice[],
  choose: (choice: Choice, before: readonly Event[]) => Chosen<Event>,
  encode: (event: Event) => Uint8Array,
): RecordedEvent[] {
  const streams = new Map<string, Event[]>()
  return choices.map((each, index) => {
    const before = streams.get(`${each.noun}-${each.id}`) ?? []
    const [stream, event] = choose(each, before)
    streams.set(`${each.noun}-${each.id}`, [...before, event])
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

function credentialEvent(choice: Choice, before: readonly CredentialEvent[]): Chosen<CredentialEvent> {
  const id = String(choice.id)
  const time = new Date(choice.time)
  const make = [clientEvents, subscriptionEvents, apiKeyEvents][choice.noun] ?? clientEvents
  const [first, ...rest] = make(id, time, choice.words)
  const event = before.length === 0 ? first : rest[choice.event % rest.length]
  if (!event) throw new Error('no event to choose')
  return [`${['client', 'subscription', 'api_key'][choice.noun]}-${id}`, event]
}

function clientEvents(clientId: string, time: Date, [reason = '']: readonly string[]): CredentialEvent[] {
  const type = 'gatehouse.credential.v1.Client'
  return [
    {
      type: `${type}Registered`,
      data: { clientId, environmentId: 'alpha', displayName: reason, registerTime: time },
    },
    { type: `${type}Suspended`, data: { clientId, reason, suspendTime: time } },
    { type: `${type}Resumed`, data: { clientId, resumeTime: time } },
  ]
}

function subscriptionEvents(subscriptionId: string, time: Date, words: readonly string[]): CredentialEvent[] {
  const type = 'gatehouse.credential.v1.Subscription'
  const terms = { planId: words[0] ?? '', operations: words, scopes: words.toReversed() }
  const owner = { environmentId: 'alpha', clientId: '1', apiId: 'orders' }
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

function policyEvent(choice: Choice, before: readonly PolicyEvent[]): Chosen<PolicyEvent> {
  const id = `n${choice.id}`
  const time = new Date(choice.time)
  const [displayName = ''] = choice.words
  if (choice.noun === 0) {
    const environment = Environment.fromPartial({ environmentId: id, displayName, hosts: choice.words })
    return [`environment-${id}`, { type: 'gatehouse.policy.v1.EnvironmentPut', data: { environment, putTime: time } }]
  }
  if (choice.noun === 1) {
    const plan = Plan.fromPartial({ environmentId: 'alpha', planId: id, displayName })
    return [`plan-alpha.${id}`, { type: 'gatehouse.policy.v1.PlanPut', data: { plan, putTime: time } }]
  }
  const stream = `api-alpha.${id}`
  if (choice.event % 3 === 0 && before.at(-1)?.type === 'gatehouse.policy.v1.ApiPublished') {
    const data = { environmentId: 'alpha', apiId: id, retireTime: time }
    return [stream, { type: 'gatehouse.policy.v1.ApiRetired', data }]
  }
  const api = Api.fromPartial({ environmentId: 'alpha', apiId: id, displayName, upstreams: choice.words })
  return [stream, { type: 'gatehouse.policy.v1.ApiPublished', data: { api, publishTime: time } }]
}
