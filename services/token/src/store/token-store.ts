import { type TokenEvent, tokenEvents } from '@gatehouse/contracts/events'
import { type EventStore, openEventStore } from '@gatehouse/event-store'
import type pg from 'pg'
import { updateReadTables } from '../read/update-read-tables.ts'

export const schema = 'token'

export type TokenStore = EventStore<TokenEvent>

/** Opens the token log with its read tables, which every append keeps at the head. */
export function openTokenStore(pool: pg.Pool, migrations: URL): Promise<TokenStore> {
  return openEventStore({
    ...{ pool, schema },
    source: 'token',
    events: tokenEvents,
    migrations: [migrations],
    onAppend: updateReadTables,
    // A family may be refreshed thousands of times, and each time its stream is read under the lock of all appends.
    replacing: ['gatehouse.token.v1.RefreshTokenRotated'],
  })
}
