import { createHash, randomUUID } from 'node:crypto'
import { Client } from '@gatehouse/contracts/credential/v1/client'
import { ClientRegistered, ClientResumed, ClientSuspended } from '@gatehouse/contracts/credential/v1/credential_events'
import { type CredentialEvent, credentialEvents } from '@gatehouse/contracts/events'
import { alreadyExists } from '@gatehouse/errors'
import type { Claim, EventStore, EventStoreOptions, Fold } from './index.ts'
import { handleCommand, openEventStore, openPool } from './index.ts'

/** A client as the tests of the store know it: how often it was renamed is its only state. */
interface TestClient {
  readonly names: readonly string[]
  readonly suspensions: number
}

export const testClient: Fold<TestClient, CredentialEvent> = {
  initialState: { names: [], suspensions: 0 },
  evolve(state, event) {
    if (event.type === 'gatehouse.credential.v1.ClientRegistered') {
      return { ...state, names: [...state.names, event.data.displayName] }
    }
    if (event.type === 'gatehouse.credential.v1.ClientSuspended')
      return { ...state, suspensions: state.suspensions + 1 }
    return state
  },
}

export function registered(clientId: string, displayName = clientId): CredentialEvent {
  const data = ClientRegistered.fromPartial({ clientId, environmentId: 'alpha', displayName })
  return { type: 'gatehouse.credential.v1.ClientRegistered', data }
}

export function suspended(clientId: string, reason = ''): CredentialEvent {
  return { type: 'gatehouse.credential.v1.ClientSuspended', data: ClientSuspended.fromPartial({ clientId, reason }) }
}

export function resumed(clientId: string): CredentialEvent {
  return { type: 'gatehouse.credential.v1.ClientResumed', data: ClientResumed.fromPartial({ clientId }) }
}

export type TestStore = EventStore<CredentialEvent>

/** A store with a pool of its own: one instance of a service. */
export async function openTestStore(
  url: string,
  options: Partial<EventStoreOptions<typeof credentialEvents>> & { readonly statementTimeoutMs?: number } = {},
): Promise<TestStore & { end(): Promise<void> }> {
  const { statementTimeoutMs = 5_000 } = options
  const pool = openPool({ url, applicationName: 'event-store test', statementTimeoutMs })
  const given = { schema: 'credential', source: 'credential', events: credentialEvents } as const
  const store = await openEventStore({ ...given, pool, ...options })
  return {
    ...store,
    async end() {
      await store.close()
      await pool.end()
    },
  }
}

export interface TestCommand {
  readonly requestId?: string
  readonly caller?: string
  readonly body?: string
  readonly clientId: string
  readonly expectedVersion?: bigint
  readonly events?: readonly CredentialEvent[]
  readonly claims?: readonly Claim[]
  readonly releases?: readonly Claim[]
}

/** Appends to one client. The answer tells the version and, as display name, the names seen so far. */
export function append(store: TestStore, command: TestCommand) {
  const { clientId, expectedVersion, claims = [], releases = [], body = '' } = command
  return handleCommand(store, {
    caller: command.caller ?? 'console',
    requestId: command.requestId ?? randomUUID(),
    requestHash: createHash('sha256').update(`${clientId} ${body}`).digest(),
    streams: { client: { id: `client-${clientId}`, fold: testClient, expectedVersion } },
    decide: () => ({ events: { client: command.events ?? [suspended(clientId)] }, claims, releases }),
    reply: ({ states, versions }) =>
      Client.fromPartial({ clientId, version: versions.client, displayName: states.client.names.join(' ') }),
    replyCodec: Client,
  })
}

/** Registers a client that must not exist yet. */
export function register(store: TestStore, clientId: string, requestId: string = randomUUID()) {
  return handleCommand(store, {
    caller: 'console',
    requestId,
    requestHash: createHash('sha256').update(clientId).digest(),
    streams: { client: { id: `client-${clientId}`, fold: testClient } },
    decide({ client }) {
      if (client.names.length > 0) throw alreadyExists('client', clientId)
      return { events: { client: [registered(clientId)] } }
    },
    reply: ({ versions }) => Client.fromPartial({ clientId, version: versions.client }),
    replyCodec: Client,
  })
}

/** The whole log, checked: positions and the versions of each stream are dense from 1. */
export async function readLog(store: TestStore) {
  const log = []
  for (;;) {
    const events = await store.readEvents(BigInt(log.length))
    if (events.length === 0) break
    log.push(...events)
  }
  const versions = new Map<string, bigint>()
  for (const [index, { position, stream, version }] of log.entries()) {
    if (position !== BigInt(index + 1)) throw new Error(`position ${position} stands at place ${index + 1}`)
    const expected = (versions.get(stream) ?? 0n) + 1n
    if (version !== expected) throw new Error(`${stream} has version ${version} where ${expected} is due`)
    versions.set(stream, version)
  }
  return log
}
