import type { TokenEvent } from '@gatehouse/contracts/events'
import type { Queryable, StreamChange } from '@gatehouse/event-store'
import { writeReferenceTokens } from './reference-tokens.ts'
import { writeSigningKeys } from './signing-keys.ts'

/** Writes what the changed streams are now; runs in the transaction that appends. */
export async function updateReadTables(tx: Queryable, changes: readonly StreamChange<TokenEvent>[]): Promise<void> {
  for (const write of [writeSigningKeys, writeReferenceTokens]) await write(tx, changes)
}
