import { createHash } from 'node:crypto'

interface Codec<Message> {
  encode(message: Message): { finish(): Uint8Array }
  decode(bytes: Uint8Array): Message
}

/** A mutating method: its name and its messages. */
export interface Mutation<Request, Response> {
  readonly name: string
  readonly request: Codec<Request>
  readonly response: Codec<Response>
}

/**
 * Who asks what, for `handleCommand`. The hash is of the method and the whole request: the same request id with
 * anything else is another request, and refused.
 */
export function commandIdentity<Request extends { readonly requestId: string }, Response>(
  { name, request: codec, response: replyCodec }: Mutation<Request, Response>,
  request: Request,
  { caller, traceparent }: { readonly caller: string; readonly traceparent: string | undefined },
) {
  const requestHash = createHash('sha256').update(`${name}\n`).update(codec.encode(request).finish()).digest()
  return { caller, requestId: request.requestId, requestHash, traceparent, replyCodec }
}
