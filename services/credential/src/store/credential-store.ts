import { type CredentialEvent, credentialEvents } from '@gatehouse/contracts/events'
import { type EventStore, openEventStore } from '@gatehouse/event-store'
import type pg from 'pg'
import { updateReadTables } from '../read/update-read-tables.ts'
import { upcasts } from './upcasts.ts'

export const schema = 'credential'

export type CredentialStore = EventStore<CredentialEvent>

/** Opens the credential log with its read tables, which every append keeps at the head. */
export function openCredentialStore(pool: pg.Pool, migrations: URL): Promise<CredentialStore> {
  return openEventStore({
    ...{ pool, schema, upcasts },
    source: 'credential',
    events: credentialEvents,
    migrations: [migrations],
    onAppend: updateReadTables,
  })
}
