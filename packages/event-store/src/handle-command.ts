import { versionConflict } from '@gatehouse/errors'
import { askAgain } from './ask-again.ts'
import type { Claim, PendingCommand, StreamHistory } from './command.ts'
import { type Fold, fold } from './decider.ts'
import type { EventStore } from './event-store.ts'

/** A stream that a command reads and may append to. */
export interface Stream<State, Event> {
  /** `<noun>-<id>`: `api_key-9f3c`. */
  readonly id: string
  readonly fold: Fold<State, Event>
  /** Refuses the command with ABORTED when the stream is at another version; 0 means: does not exist. */
  readonly expectedVersion?: bigint | undefined
}

type Streams<Event> = { readonly [name: string]: Stream<unknown, Event> }
type StatesOf<S> = { readonly [Name in keyof S]: S[Name] extends Stream<infer State, infer _> ? State : never }

/** What a command decides. Events are written stream by stream in the order of the names. */
export interface Decision<Event, Name extends PropertyKey = string> {
  readonly events: { readonly [N in Name]?: readonly Event[] }
  readonly claims?: readonly Claim[]
  /** Claims given back before the new ones are taken; only the owner's own count. */
  readonly releases?: readonly Claim[]
}

/** The streams after the command. */
export interface After<S> {
  readonly states: StatesOf<S>
  readonly versions: { readonly [Name in keyof S & string]: bigint }
  /** Of the command's last event; of what it found when it changed nothing. A reader who demands it sees the command. */
  readonly position: bigint
}

export interface Command<Event, S extends Streams<Event>, Reply> {
  /** Who asks: request ids of different callers are different. */
  readonly caller: string
  readonly requestId: string
  /** Of the method and the request, SHA-256: the same id with another request is refused. */
  readonly requestHash: Uint8Array
  /** W3C trace context, kept with the events. */
  readonly traceparent?: string | undefined
  readonly streams: S
  /** Pure, may run more than once. @throws GatehouseError to refuse the command. */
  decide(states: StatesOf<S>): Decision<Event, keyof S>
  /** The answer, stored and given again to a repeated request: never put a secret into it. */
  reply(after: After<S>): Reply
  readonly replyCodec: {
    encode(reply: Reply): { finish(): Uint8Array }
    decode(bytes: Uint8Array): Reply
  }
}

export interface CommandAnswer<Reply> {
  readonly reply: Reply
  readonly position: bigint
  /** True when this is the stored answer: of an earlier request, or of this one whose commit went unanswered. */
  readonly replayed: boolean
}

/**
 * The one command handler of all services.
 *
 * There is no retry on a version conflict, because there are none but those that the caller asked for: appends are
 * serialised, and the streams are loaded under that lock.
 *
 * @throws GatehouseError of `decide`; ABORTED `VERSION_CONFLICT`; ALREADY_EXISTS when a claim is taken;
 *   FAILED_PRECONDITION `REQUEST_ID_REUSED` or `EVENT_TOO_LARGE`; RESOURCE_EXHAUSTED `TOO_MANY_COMMANDS`;
 *   UNAVAILABLE `EVENT_STORE_UNAVAILABLE` (nothing written) or `COMMIT_UNKNOWN`: retry both with the same request id.
 *   What became of an unanswered commit is asked here first, for about a second.
 */
export async function handleCommand<Event, S extends Streams<Event>, Reply>(
  store: EventStore<Event>,
  command: Command<Event, S, Reply>,
): Promise<CommandAnswer<Reply>> {
  return askAgain(() => attempt(store, command))
}

async function attempt<Event, S extends Streams<Event>, Reply>(
  store: EventStore<Event>,
  command: Command<Event, S, Reply>,
): Promise<CommandAnswer<Reply>> {
  const { promise, resolve, reject } = Promise.withResolvers<Parameters<PendingCommand<Event>['resolve']>[0]>()
  const { caller, requestId, requestHash, traceparent = '', replyCodec } = command
  const names = Object.keys(command.streams) as (keyof S & string)[]
  // 1. Wait for the append transaction, which many commands share. In it, a request that was answered before gets
  //    the stored answer; the streams of a new one are loaded.
  store.submit({
    ...{ caller, requestId, requestHash, traceparent, resolve, reject },
    streams: names.map((name) => streamOf(command.streams, name).id),
    decide(history) {
      const found = mapOf(names, (name) => history(streamOf(command.streams, name).id))
      // 2. Check the versions that the caller expects.
      for (const name of names) checkVersion(streamOf(command.streams, name), found[name])
      // 3. Fold the states and decide.
      const before = mapOf(names, (name) => fold(streamOf(command.streams, name).fold, found[name].events))
      const { events, claims = [], releases = [] } = command.decide(before as StatesOf<S>)
      const eventsOf = (name: keyof S): readonly Event[] => events[name] ?? []
      const after = mapOf(names, (name) =>
        eventsOf(name).reduce(streamOf(command.streams, name).fold.evolve, before[name]),
      )
      const versions = mapOf(names, (name) => found[name].version + BigInt(eventsOf(name).length))
      // 4. Hand over what is to be written in the same transaction: events, claims, and the answer.
      return {
        appends: names.flatMap((name) =>
          eventsOf(name).map((event) => ({ stream: streamOf(command.streams, name).id, event })),
        ),
        ...{ claims, releases },
        reply: (position) =>
          replyCodec.encode(command.reply({ states: after as StatesOf<S>, versions, position })).finish(),
      }
    },
  })
  // 5. Acknowledge only what is committed.
  const { reply, position, replayed } = await promise
  return { reply: replyCodec.decode(reply), position, replayed }
}

function streamOf<Event, S extends Streams<Event>>(streams: S, name: keyof S): Stream<unknown, Event> {
  return streams[name] as Stream<unknown, Event>
}

function mapOf<Name extends string, Value>(
  names: readonly Name[],
  value: (name: Name) => Value,
): { readonly [N in Name]: Value } {
  return Object.fromEntries(names.map((name) => [name, value(name)])) as { [N in Name]: Value }
}

function checkVersion<Event>({ id, expectedVersion }: Stream<unknown, Event>, { version }: StreamHistory<Event>): void {
  if (expectedVersion !== undefined && expectedVersion !== version) throw versionConflict(id, expectedVersion, version)
}
