import { createHash } from 'node:crypto'
import type { CallContext } from '@gatehouse/grpc-service'
import { Violations } from '../domain/violations.ts'

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

interface MutatingRequest {
  readonly requestId: string
  readonly expectedVersion?: bigint | undefined
}

/**
 * Who asks what, for `handleCommand`. The hash is of the method and the whole request: the same request id with
 * anything else is refused.
 * @throws INVALID_ARGUMENT for a request id or expected version that is none
 */
export function identify<Request extends MutatingRequest, Response>(
  { name, request: codec, response: replyCodec }: Mutation<Request, Response>,
  request: Request,
  { caller, traceparent }: CallContext,
) {
  const { requestId, expectedVersion } = request
  const violations = new Violations()
  violations.require(/^[!-~]{1,128}$/.test(requestId), 'request_id', 'must be 1 to 128 printable ASCII characters')
  violations.require((expectedVersion ?? 0n) >= 0n, 'expected_version', 'must not be negative')
  violations.throwIfAny()
  const requestHash = createHash('sha256').update(`${name}\n`).update(codec.encode(request).finish()).digest()
  return { caller, requestId, requestHash, traceparent, replyCodec }
}
