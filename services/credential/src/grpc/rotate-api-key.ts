import { RotateApiKeyRequest, RotateApiKeyResponse } from '@gatehouse/contracts/credential/v1/credential_service'
import { notFound } from '@gatehouse/errors'
import { handleCommand } from '@gatehouse/event-store'
import type { CallContext } from '@gatehouse/grpc-service'
import { rotateKey } from '../domain/api-key/provide.ts'
import { apiKeyMessage } from '../read/messages.ts'
import { streams } from '../store/streams.ts'
import { identify } from './call.ts'
import type { Dependencies } from './credential-service.ts'
import { digestClaim, isOf, mint, ownerOf } from './new-key.ts'
import * as rules from './rules.ts'

const method = {
  name: 'RotateApiKey',
  request: RotateApiKeyRequest,
  response: RotateApiKeyResponse,
  rules: rules.rotateApiKey,
}

const overlapDefaultMs = 24 * 3600 * 1000

/** A successor of a key; both work until the overlap ends. The secret is in the first answer alone. */
export function rotateApiKey({ store, read }: Dependencies) {
  return async (request: RotateApiKeyRequest, context: CallContext): Promise<RotateApiKeyResponse> => {
    const identity = identify(method, request, context)
    const { apiKeyId: predecessorId, expectedVersion, overlap } = request
    const found = await read.apiKey(predecessorId)
    if (!found) throw notFound('api_key', predecessorId)
    const { owner, environmentId, ownerStreams } = await ownerOf(read, found.subscriptionId)
    const { secret, key } = mint(environmentId)
    const overlapMs = overlap ? Number(overlap.seconds) * 1000 + Math.trunc(overlap.nanos / 1e6) : overlapDefaultMs
    const { reply } = await handleCommand(store, {
      ...identity,
      streams: {
        ...ownerStreams,
        predecessor: streams.apiKey(predecessorId, expectedVersion),
        successor: streams.apiKey(key.apiKeyId),
      },
      decide: (states) => ({
        events: rotateKey(states, owner, { predecessorId, overlapMs, key }),
        claims: digestClaim(key),
      }),
      reply: ({ states, versions, position }) => ({
        apiKey: apiKeyMessage(states.successor, versions.successor),
        apiKeySecret: '',
        predecessor: apiKeyMessage(states.predecessor, versions.predecessor),
        position,
      }),
    })
    // An earlier request made another key, whose secret is gone; this one is known here alone.
    return isOf(reply, key) ? { ...reply, apiKeySecret: secret } : reply
  }
}
