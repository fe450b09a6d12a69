import type { GatehouseError } from '@gatehouse/errors'

/** Something that may exist once over all streams: of a kind (`host`), a value, owned by a stream. */
export interface Claim {
  readonly kind: string
  readonly value: string
  /** The stream that holds it. */
  readonly owner: string
}

/** A stream as a command finds it, the events of earlier commands in the same transaction included. */
export interface StreamHistory<Event> {
  /** 0 when the stream does not exist. */
  readonly version: bigint
  /** Of the last event; 0 when the stream does not exist. */
  readonly position: bigint
  readonly events: readonly Event[]
}

/** What a command does, in the order in which it is to be written. */
export interface Written<Event> {
  readonly appends: readonly { readonly stream: string; readonly event: Event }[]
  readonly claims: readonly Claim[]
  readonly releases: readonly Claim[]
  /** The answer to store, once the position of the command is known. */
  readonly reply: (position: bigint) => Uint8Array
}

/** A command that waits for the append transaction. Its types are known to the handler that made it, not to the store. */
export interface PendingCommand<Event> {
  readonly caller: string
  readonly requestId: string
  readonly requestHash: Uint8Array
  readonly traceparent: string
  readonly streams: readonly string[]
  /** Pure: the same histories give the same answer. @throws GatehouseError when the command is refused. */
  readonly decide: (history: (stream: string) => StreamHistory<Event>) => Written<Event>
  readonly resolve: (answer: StoredAnswer & { readonly replayed: boolean }) => void
  readonly reject: (error: GatehouseError | unknown) => void
}

export interface StoredAnswer {
  readonly reply: Uint8Array
  readonly position: bigint
}
