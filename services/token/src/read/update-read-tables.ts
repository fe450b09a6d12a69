import type { TokenEvent } from '@gatehouse/contracts/events'
import type { Queryable, StreamChange } from '@gatehouse/event-store'
import { writeConsents } from './consents.ts'
import { writeDeviceAuthorizations } from './device-authorizations.ts'
import { writeGrants } from './grants.ts'
import { writeReferenceTokens } from './reference-tokens.ts'
import { noteUserSignOuts, writeSessions } from './sessions.ts'
import { writeSigningKeys } from './signing-keys.ts'
import { writeUsers } from './users.ts'

const writers = [
  ...[writeSigningKeys, writeReferenceTokens, writeGrants, writeConsents],
  ...[writeUsers, noteUserSignOuts, writeSessions, writeDeviceAuthorizations],
]

/** Writes what the changed streams are now; runs in the transaction that appends. */
export async function updateReadTables(tx: Queryable, changes: readonly StreamChange<TokenEvent>[]): Promise<void> {
  for (const write of writers) await write(tx, changes)
}
