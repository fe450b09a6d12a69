import { createHash } from 'node:crypto'
import type { CredentialEvent } from '@gatehouse/contracts/events'
import { type Decider, handleCommand, type Stream } from '@gatehouse/event-store'
import type { CallContext } from '@gatehouse/grpc-service'
import type { CredentialStore } from '../store/credential-store.ts'
import { type Rules, validate } from './parse.ts'

interface Codec<Message> {
  encode(message: Message): { finish(): Uint8Array }
  decode(bytes: Uint8Array): Message
}

/** A mutating method: its name, its messages, and the rules of its fields. */
export interface Mutation<Request, Response> {
  readonly name: string
  readonly request: Codec<Request>
  readonly response: Codec<Response>
  readonly rules: Rules<Request>
}

/**
 * Checks the fields and answers who asks what, for `handleCommand`. The hash is of the method and the whole request:
 * the same request id with anything else is another request.
 */
export function identify<Request extends { readonly requestId: string }, Response>(
  { name, request: codec, response: replyCodec, rules }: Mutation<Request, Response>,
  request: Request,
  { caller, traceparent }: CallContext,
) {
  validate(rules, request)
  const requestHash = createHash('sha256').update(`${name}\n`).update(codec.encode(request).finish()).digest()
  return { caller, requestId: request.requestId, requestHash, traceparent, replyCodec }
}

/** How a noun's stream is found, decided on and answered. */
export interface Noun<Facts, Command, Reply> {
  readonly decider: Decider<Facts, CredentialEvent, Command>
  stream(command: Command, expectedVersion: bigint | undefined): Stream<Facts, CredentialEvent>
  reply(facts: Facts, version: bigint, position: bigint): Reply
}

/** Makes the methods that do one command to one stream. */
export function changing<Facts, Command, Reply>(store: CredentialStore, noun: Noun<Facts, Command, Reply>) {
  return <Request extends { readonly requestId: string; readonly expectedVersion?: bigint | undefined }>(
    method: Mutation<Request, Reply> & { readonly command: (request: Request, time: Date) => Command },
  ) => {
    return async (request: Request, context: CallContext): Promise<Reply> => {
      const identity = identify(method, request, context)
      const command = method.command(request, new Date())
      const { reply } = await handleCommand(store, {
        ...identity,
        streams: { changed: noun.stream(command, request.expectedVersion) },
        decide: ({ changed }) => ({ events: { changed: noun.decider.decide(command, changed) } }),
        reply: ({ states, versions, position }) => noun.reply(states.changed, versions.changed, position),
      })
      return reply
    }
  }
}
