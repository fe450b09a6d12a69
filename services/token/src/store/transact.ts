import { randomUUID } from 'node:crypto'
import type { TokenEvent } from '@gatehouse/contracts/events'
import { type After, type Decision, handleCommand, type Stream } from '@gatehouse/event-store'
import type { TokenStore } from './token-store.ts'

type Streams = { readonly [name: string]: Stream<unknown, TokenEvent> }
type StatesOf<S> = { readonly [Name in keyof S]: S[Name] extends Stream<infer State, infer _> ? State : never }

/** A command of a protocol that has no request id of its own: what makes it happen once is the state it finds. */
export interface Transaction<S> {
  readonly streams: S
  readonly traceparent?: string | undefined
  /** Pure, may run more than once. Throws to refuse. */
  decide(states: StatesOf<S>): Decision<TokenEvent, keyof S>
}

const nothing = { encode: () => ({ finish: () => new Uint8Array() }), decode: () => undefined }

/** Runs one command and answers the streams as it left them. Throws as `handleCommand`. */
export async function transact<S extends Streams>(
  store: TokenStore,
  { streams, traceparent, decide }: Transaction<S>,
): Promise<After<S>> {
  let after: After<S> | undefined
  await handleCommand(store, {
    ...{ caller: 'token', requestId: randomUUID(), requestHash: new Uint8Array(), traceparent },
    ...{ streams, decide, replyCodec: nothing },
    reply(states) {
      after = states
    },
  })
  if (!after) throw new Error('the command was answered without being run')
  return after
}
