import { SigningAlgorithm } from '@gatehouse/contracts/policy/v1/token_settings'
import type { SigningKey } from '@gatehouse/contracts/token/v1/signing_key'
import * as rpc from '@gatehouse/contracts/token/v1/token_admin_service'
import { notFound } from '@gatehouse/errors'
import { commandIdentity, handleCommand } from '@gatehouse/event-store'
import { type CallContext, validate } from '@gatehouse/grpc-service'
import { keyRing } from '../domain/key-ring/decide.ts'
import type { KeyRing } from '../domain/key-ring/key-ring.ts'
import * as rules from '../grpc/rules.ts'
import { forgetRemoved, newCandidate } from '../keys/key-rotation.ts'
import { environmentOfKey, readSigningKeys } from '../read/signing-keys.ts'
import { streams } from '../store/streams.ts'
import type { TokenParts } from '../token-parts.ts'

type Parts = Pick<TokenParts, 'store' | 'sealed'>

const rotation = {
  name: 'RotateSigningKey',
  request: rpc.RotateSigningKeyRequest,
  response: rpc.RotateSigningKeyResponse,
}
const removal = {
  name: 'RemoveSigningKey',
  request: rpc.RemoveSigningKeyRequest,
  response: rpc.RemoveSigningKeyResponse,
}

export function signingKeyMethods({ store, sealed }: Parts) {
  return {
    async rotateSigningKey(request: rpc.RotateSigningKeyRequest, context: CallContext) {
      validate(rules.rotateSigningKey, request)
      const { environmentId } = request
      const algorithm = request.algorithm || SigningAlgorithm.SIGNING_ALGORITHM_ES256
      const candidate = await newCandidate(sealed, algorithm)
      const command = { type: 'rotate', environmentId, algorithm, candidate, time: new Date() } as const
      const { reply } = await handleCommand(store, {
        ...commandIdentity(rotation, request, context),
        streams: { ring: streams.keyRing(environmentId) },
        decide: ({ ring }) => ({ events: { ring: keyRing.decide(command, ring) } }),
        reply: ({ states, versions, position }) => ({
          signingKey: keyOf(states.ring, candidate.keyId, versions.ring),
          position,
        }),
      })
      // An earlier request published another key.
      if (reply.signingKey?.keyId !== candidate.keyId) await sealed.forget(candidate.keyId)
      return reply
    },

    async removeSigningKey(request: rpc.RemoveSigningKeyRequest, context: CallContext) {
      validate(rules.removeSigningKey, request)
      const { keyId, reason } = request
      const environmentId = await environmentOfKey(store.pool, keyId)
      if (environmentId === undefined) throw notFound('signing_key', keyId)
      const removed = (await readSigningKeys(store.pool, environmentId)).find((key) => key.keyId === keyId)
      const candidate = await newCandidate(sealed, removed?.algorithm ?? SigningAlgorithm.SIGNING_ALGORITHM_ES256)
      const command = { type: 'remove', environmentId, keyId, reason, candidate, time: new Date() } as const
      let after: KeyRing = { keys: [] }
      const { reply } = await handleCommand(store, {
        ...commandIdentity(removal, request, context),
        streams: { ring: streams.keyRing(environmentId) },
        decide: ({ ring }) => ({ events: { ring: keyRing.decide(command, ring) } }),
        reply({ states, versions, position }) {
          after = states.ring
          return { signingKey: keyOf(states.ring, keyId, versions.ring), position }
        },
      })
      await forgetRemoved(sealed, after)
      if (!after.keys.some((key) => key.keyId === candidate.keyId)) await sealed.forget(candidate.keyId)
      return reply
    },

    async listSigningKeys(request: rpc.ListSigningKeysRequest): Promise<rpc.ListSigningKeysResponse> {
      validate(rules.listSigningKeys, request)
      const keys = await readSigningKeys(store.pool, request.environmentId)
      return { signingKeys: keys.toReversed() }
    },
  }
}

function keyOf({ keys }: KeyRing, keyId: string, version: bigint): SigningKey | undefined {
  const key = keys.find((one) => one.keyId === keyId)
  return key && { ...key, version }
}
