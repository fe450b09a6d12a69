import { randomUUID } from 'node:crypto'
import { ApiKey } from '@gatehouse/contracts/credential/v1/api_key'
import { Client } from '@gatehouse/contracts/credential/v1/client'
import { Subscription } from '@gatehouse/contracts/credential/v1/subscription'
import { type CredentialEvent, credentialEvents, encodeEvent } from '@gatehouse/contracts/events'
import { fold } from '@gatehouse/event-store'
import { digestClaim, mint, newId } from '../../../services/credential/src/grpc/new-key.ts'
import { apiKeyMessage, clientMessage, subscriptionMessage } from '../../../services/credential/src/read/messages.ts'
import { streams } from '../../../services/credential/src/store/streams.ts'
import type { CopyRow } from './copy-in.ts'

export const keysPerClient = 10
/** Registered, subscription created and activated, then the keys. */
export const eventsPerClient = 3 + keysPerClient

const place = { environmentId: 'alpha', apiId: 'orders', planId: 'trial' }

/** Tables that planting fills, with the columns that the rows have. */
export const plantedTables = {
  event: 'position, stream, version, type, data, event_id, record_time, traceparent',
  claim: 'kind, value, owner',
  client: 'client_id, environment_id, message',
  subscription: 'subscription_id, environment_id, client_id, message',
  api_key: 'api_key_id, environment_id, client_id, subscription_id, message',
} as const

export type PlantedRows = { readonly [Table in keyof typeof plantedTables]: CopyRow[] }

export function noRows(): PlantedRows {
  return { event: [], claim: [], client: [], subscription: [], api_key: [] }
}

/**
 * Adds the rows of a client with an active subscription and ten API keys, as the credential service would write them.
 * @returns one of its keys, in clear
 */
export function addClient(rows: PlantedRows, head: bigint, time: Date): string {
  const [clientId, subscriptionId] = [newId(), newId()]
  let position = head
  const append = (stream: string, events: readonly CredentialEvent[]) => {
    for (const [index, event] of events.entries()) {
      position += 1n
      const data = encodeEvent(credentialEvents, event)
      rows.event.push([position, stream, index + 1, event.type, data, randomUUID(), time, ''])
    }
  }
  plantClient(clientId, time, rows, append)
  plantSubscription({ clientId, subscriptionId }, time, rows, append)
  let secret = ''
  for (let key = 0; key < keysPerClient; key += 1) secret = plantKey({ clientId, subscriptionId }, time, rows, append)
  return secret
}

type Append = (stream: string, events: readonly CredentialEvent[]) => void

function plantClient(clientId: string, registerTime: Date, rows: PlantedRows, append: Append): void {
  const { environmentId } = place
  const data = { clientId, environmentId, displayName: 'planted', registration: undefined, registerTime }
  const events: readonly CredentialEvent[] = [{ type: 'gatehouse.credential.v1.ClientRegistered', data }]
  const stream = streams.client(clientId)
  append(stream.id, events)
  const message = Client.encode(existing(clientMessage(fold(stream.fold, events), 1n))).finish()
  rows.client.push([clientId, environmentId, message])
}

interface Owner {
  readonly clientId: string
  readonly subscriptionId: string
}

function plantSubscription(owner: Owner, time: Date, rows: PlantedRows, append: Append): void {
  const { clientId, subscriptionId } = owner
  const scopes: readonly string[] = ['orders:read', 'orders:write']
  const created = { ...owner, ...place, operations: [], scopes, createTime: time }
  const events: readonly CredentialEvent[] = [
    { type: 'gatehouse.credential.v1.SubscriptionCreated', data: created },
    { type: 'gatehouse.credential.v1.SubscriptionActivated', data: { subscriptionId, activateTime: time } },
  ]
  const stream = streams.subscription(subscriptionId)
  append(stream.id, events)
  const message = Subscription.encode(existing(subscriptionMessage(fold(stream.fold, events), 2n))).finish()
  rows.subscription.push([subscriptionId, place.environmentId, clientId, message])
}

function plantKey(owner: Owner, issueTime: Date, rows: PlantedRows, append: Append): string {
  const { environmentId } = place
  const { secret, key } = mint(environmentId)
  const rest = { restrictions: undefined, expireTime: undefined, predecessorId: '', imported: false }
  const data = { ...key, ...owner, environmentId, displayName: 'planted', issueTime, ...rest }
  const events: readonly CredentialEvent[] = [{ type: 'gatehouse.credential.v1.ApiKeyIssued', data }]
  const stream = streams.apiKey(key.apiKeyId)
  append(stream.id, events)
  for (const { kind, value, owner: holder } of digestClaim(key)) rows.claim.push([kind, value, holder])
  const message = ApiKey.encode(existing(apiKeyMessage(fold(stream.fold, events), 1n))).finish()
  rows.api_key.push([key.apiKeyId, environmentId, owner.clientId, owner.subscriptionId, message])
  return secret
}

function existing<Message>(message: Message | undefined): Message {
  if (message === undefined) throw new Error('the planted events lead to nothing')
  return message
}
