import { ApiKey } from '@gatehouse/contracts/credential/v1/api_key'
import { Client } from '@gatehouse/contracts/credential/v1/client'
import { ClientSecret } from '@gatehouse/contracts/credential/v1/client_secret'
import { InitialAccessToken } from '@gatehouse/contracts/credential/v1/initial_access_token'
import { Subscription } from '@gatehouse/contracts/credential/v1/subscription'
import type { CredentialEvent } from '@gatehouse/contracts/events'
import { fold, type Queryable, type StreamChange } from '@gatehouse/event-store'
import { streams } from '../store/streams.ts'
import {
  apiKeyMessage,
  clientMessage,
  clientSecretMessage,
  initialAccessTokenMessage,
  subscriptionMessage,
} from './messages.ts'

type Change = StreamChange<CredentialEvent>

interface ReadTable {
  /** Stream noun and table name. */
  readonly noun: string
  /** The id of the row, then what lists filter by. */
  readonly columns: readonly string[]
  /** The values of the columns, then the message. */
  readonly row: (change: Change) => readonly [...string[], Uint8Array] | undefined
}

const clients: ReadTable = {
  noun: 'client',
  columns: ['client_id', 'environment_id'],
  row({ events, version }) {
    const client = clientMessage(fold(streams.client('').fold, events), version)
    return client && [client.clientId, client.environmentId, Client.encode(client).finish()]
  },
}

const clientSecrets: ReadTable = {
  noun: 'client_secret',
  columns: ['client_secret_id', 'environment_id', 'client_id'],
  row({ events, version }) {
    const secret = clientSecretMessage(fold(streams.clientSecret('').fold, events), version)
    if (!secret) return undefined
    return [secret.clientSecretId, secret.environmentId, secret.clientId, ClientSecret.encode(secret).finish()]
  },
}

const initialAccessTokens: ReadTable = {
  noun: 'initial_access_token',
  columns: ['initial_access_token_id', 'environment_id', 'digest'],
  row({ events, version }) {
    const facts = fold(streams.initialAccessToken('').fold, events)
    const token = initialAccessTokenMessage(facts, version)
    if (!facts || !token) return undefined
    const digest = Buffer.from(facts.digest).toString('base64url')
    return [token.initialAccessTokenId, token.environmentId, digest, InitialAccessToken.encode(token).finish()]
  },
}

const subscriptions: ReadTable = {
  noun: 'subscription',
  columns: ['subscription_id', 'environment_id', 'client_id'],
  row({ events, version }) {
    const found = subscriptionMessage(fold(streams.subscription('').fold, events), version)
    return found && [found.subscriptionId, found.environmentId, found.clientId, Subscription.encode(found).finish()]
  },
}

const apiKeys: ReadTable = {
  noun: 'api_key',
  columns: ['api_key_id', 'environment_id', 'client_id', 'subscription_id'],
  row({ events, version }) {
    const key = apiKeyMessage(fold(streams.apiKey('').fold, events), version)
    return key && [key.apiKeyId, key.environmentId, key.clientId, key.subscriptionId, ApiKey.encode(key).finish()]
  },
}

const tables = [clients, clientSecrets, initialAccessTokens, subscriptions, apiKeys]

/** Writes what the changed streams are now; runs in the transaction that appends. */
export async function updateReadTables(tx: Queryable, changes: readonly Change[]): Promise<void> {
  for (const table of tables) await write(tx, table, changes)
}

async function write(tx: Queryable, { noun, columns, row }: ReadTable, changes: readonly Change[]): Promise<void> {
  const own = changes.filter(({ stream }) => stream.startsWith(`${noun}-`))
  const rows = own.map(row).filter((values) => values !== undefined)
  if (rows.length === 0) return
  const types = [...columns.map(() => 'text'), 'bytea']
  const text = `
    INSERT INTO credential.${noun} (${columns}, message)
    SELECT * FROM unnest(${types.map((type, index) => `$${index + 1}::${type}[]`)})
    ON CONFLICT (${columns[0]}) DO UPDATE SET message = excluded.message`
  await tx.query({ name: `write ${noun}`, text, values: types.map((_, index) => rows.map((values) => values[index])) })
}
