export type { AppendHook } from './append-transaction.ts'
export type { Claim } from './command.ts'
export { commandIdentity, type Mutation } from './command-identity.ts'
export { copyIn } from './copy-in.ts'
export { type Decider, type Fold, fold } from './decider.ts'
export { isRefusal, orStoreError } from './driver-error.ts'
export { eventLogService } from './event-log-service.ts'
export { type EventStore, type EventStoreOptions, openEventStore } from './event-store.ts'
export { createGroupCommit } from './group-commit.ts'
export {
  type After,
  type Command,
  type CommandAnswer,
  type Decision,
  handleCommand,
  type Stream,
} from './handle-command.ts'
export type { Queryable } from './log-reader.ts'
export { migrate } from './migrate.ts'
export { type OutboxRelay, type OutboxRelayOptions, startOutboxRelay } from './outbox-relay.ts'
export { openPool, type PoolOptions, withClient } from './pool.ts'
export type { StreamChange } from './stream-table.ts'
export { type Upcasts, upcast } from './upcast.ts'
