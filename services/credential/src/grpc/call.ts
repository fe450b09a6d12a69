import type { CredentialEvent } from '@gatehouse/contracts/events'
import { commandIdentity, type Decider, handleCommand, type Mutation, type Stream } from '@gatehouse/event-store'
import type { CallContext } from '@gatehouse/grpc-service'
import { type Rules, validate } from '@gatehouse/grpc-service'
import type { CredentialStore } from '../store/credential-store.ts'

/** A mutating method, with the rules of its fields. */
export interface CheckedMutation<Request, Response> extends Mutation<Request, Response> {
  readonly rules: Rules<Request>
}

/** Checks the fields and answers who asks what, for `handleCommand`. */
export function identify<Request extends { readonly requestId: string }, Response>(
  mutation: CheckedMutation<Request, Response>,
  request: Request,
  context: CallContext,
) {
  validate(mutation.rules, request)
  return commandIdentity(mutation, request, context)
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
    method: CheckedMutation<Request, Reply> & { readonly command: (request: Request, time: Date) => Command },
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
