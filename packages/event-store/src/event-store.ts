import type { RecordedEvent } from '@gatehouse/contracts/event_log/v1/event_log_service'
import type { EventOf, EventSource, EventTypes } from '@gatehouse/contracts/events'
import type pg from 'pg'
import { type AppendContext, type AppendHook, runBatch } from './append-transaction.ts'
import type { PendingCommand } from './command.ts'
import { startCommandRetention } from './command-retention.ts'
import { orStoreError } from './driver-error.ts'
import { createGroupCommit } from './group-commit.ts'
import { readEvents, readHead } from './log-reader.ts'
import { migrate } from './migrate.ts'
import { createTail } from './tail.ts'
import type { Upcasts } from './upcast.ts'

export interface EventStoreOptions<Types extends EventTypes> {
  /** From `openPool`; stays the caller's, who ends it after the store. */
  readonly pool: pg.Pool
  /** Postgres schema of the service, `[a-z_]`; made when absent. */
  readonly schema: string
  readonly source: EventSource
  readonly events: Types
  /** An event with more bytes is refused: it has to fit through a gRPC message and a Kafka record. Default 256 KiB. */
  readonly maxEventBytes?: number
  /** Folders of the service's own migrations, run after those of the log. */
  readonly migrations?: readonly URL[]
  /** Runs in the append transaction, after the events are written: inline read tables. An error fails the append. */
  readonly onAppend?: AppendHook<EventOf<Types>>
  /** Event types that replace all state before them: a stream is loaded from the last of them on. */
  readonly replacing?: readonly (keyof Types & string)[]
  readonly upcasts?: Upcasts
  /** How many waiting commands share a transaction at most. Default 128. */
  readonly commandsPerTransactionMax?: number
  /** More waiting commands than this are refused with RESOURCE_EXHAUSTED. Default 4096. */
  readonly waitingCommandsMax?: number
  /** A request that is repeated later than this is a new one. Default 7 days. */
  readonly commandRetentionMs?: number
  /** How often others' appends are looked for while somebody waits for them. Default 50 ms. */
  readonly pollMs?: number
}

/** The log of one service. Write to it with `handleCommand`. */
export interface EventStore<Event> {
  readonly source: EventSource
  readonly schema: string
  readonly pool: pg.Pool
  /** Position of the last committed event, 0 for an empty log. */
  head(): Promise<bigint>
  /** Events after a position in commit order: at most `limit` (default 500) and about 1 MiB, at least one if there is any. */
  readEvents(afterPosition: bigint, options?: { readonly limit?: number }): Promise<readonly RecordedEvent[]>
  /** Resolves once the log is beyond a position, whoever appended; rejects with `signal.reason` or when the head cannot be read. */
  appendedAfter(position: bigint, signal?: AbortSignal): Promise<void>
  /** Calls the listener with the new head after each append of this process; answers how to stop that. */
  onAppended(listener: (head: bigint) => void): () => void
  /** For `handleCommand` alone. */
  submit(command: PendingCommand<Event>): void
  /** Refuses new commands, finishes those that wait, ends every wait. */
  close(): Promise<void>
}

/** Opens the log of a service, making or migrating its tables. Several instances may be open on the same schema. */
export async function openEventStore<Types extends EventTypes>(
  options: EventStoreOptions<Types>,
): Promise<EventStore<EventOf<Types>>> {
  const { pool, schema, source, events, onAppend, upcasts = {} } = options
  const migrations = [new URL('./migrations/event-log/', import.meta.url), ...(options.migrations ?? [])]
  await migrate(pool, schema, migrations)
  const head = () => readHead(pool, schema)
  const tail = createTail({ head, pollMs: options.pollMs ?? 50 })
  const context: AppendContext<Types> = {
    ...{ pool, schema, events, onAppend, upcasts },
    maxEventBytes: options.maxEventBytes ?? 256 * 1024,
    replacing: options.replacing ?? [],
    onCommitted: tail.appended,
  }
  const commit = createGroupCommit<PendingCommand<EventOf<Types>>>({
    run: (batch) => runBatch(context, batch),
    batchMax: options.commandsPerTransactionMax ?? 128,
    waitingMax: options.waitingCommandsMax ?? 4096,
  })
  const retention = startCommandRetention(pool, schema, options.commandRetentionMs ?? 7 * 86_400_000)
  return {
    ...{ source, schema, pool },
    head: () => orStoreError(head()),
    readEvents: (after, { limit = 500 } = {}) => orStoreError(readEvents(pool, schema, upcasts, after, limit)),
    appendedAfter: (position, signal) => orStoreError(tail.appendedAfter(position, signal)),
    onAppended: tail.onAppended,
    submit: commit.submit,
    async close() {
      await Promise.all([commit.close(), retention.close()])
      tail.close()
    },
  }
}
