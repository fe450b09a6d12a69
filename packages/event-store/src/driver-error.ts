import { GatehouseError, unavailable } from '@gatehouse/errors'
import pg from 'pg'

// PostgreSQL error classes (appendix A) that say nothing about the statement: connection, resources, operator
// intervention (57014 is also a statement timeout), lock_timeout.
const passing = /^(08|53|57|55P03|40)/

/** Whether the server answered that the statement failed, and lives on: then its transaction was rolled back. */
export function isRefusal(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.severity === 'ERROR'
}

/** Whether the same work may succeed later, on another connection. */
export function isPassing(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return passing.test(error.code ?? '')
  return error instanceof Error && !(error instanceof GatehouseError) && isConnectionLoss(error)
}

/** The driver gives these no class and mostly no code. */
function isConnectionLoss(error: Error): boolean {
  if ('code' in error && typeof error.code === 'string' && /^E[A-Z]+$/.test(error.code)) return true
  return /connection|timeout|not queryable|AggregateError/i.test(`${error.name} ${error.message}`)
}

/** What the caller of the store gets to see of a failure that is no refusal of the domain. */
export function storeError(error: unknown): unknown {
  if (!isPassing(error)) return error
  const message = 'the event store cannot be reached, nothing was written: retry with the same request_id'
  return unavailable('EVENT_STORE_UNAVAILABLE', message, error)
}

/** Whether it is written or not cannot be known from here; a repeated request finds out. */
export function commitUnknown(error: unknown): GatehouseError {
  const message =
    'the connection was lost during commit, the write may or may not be done: retry with the same request_id'
  return unavailable('COMMIT_UNKNOWN', message, error)
}

/** Passes on what the work answers; a database that cannot be reached becomes UNAVAILABLE `EVENT_STORE_UNAVAILABLE`. */
export function orStoreError<Result>(work: Promise<Result>): Promise<Result> {
  return work.catch((error: unknown) => {
    throw storeError(error)
  })
}
