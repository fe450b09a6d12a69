import { ImportApiKeyRequest, ImportApiKeyResponse } from '@gatehouse/contracts/credential/v1/credential_service'
import { handleCommand } from '@gatehouse/event-store'
import type { CallContext } from '@gatehouse/grpc-service'
import { issueKey } from '../domain/api-key/provide.ts'
import { apiKeyMessage } from '../read/messages.ts'
import { streams } from '../store/streams.ts'
import { identify } from './call.ts'
import type { Dependencies } from './credential-service.ts'
import { digestClaim, newId, ownerOf } from './new-key.ts'
import { knownRestrictions } from './restrictions.ts'
import * as rules from './rules.ts'

const method = {
  name: 'ImportApiKey',
  request: ImportApiKeyRequest,
  response: ImportApiKeyResponse,
  rules: rules.importApiKey,
}

/** A key made elsewhere, by its hash: we never see the key itself. ALREADY_EXISTS when any key has this hash. */
export function importApiKey({ store, read }: Dependencies) {
  return async (request: ImportApiKeyRequest, context: CallContext): Promise<ImportApiKeyResponse> => {
    const identity = identify(method, request, context)
    const { owner, ownerStreams } = await ownerOf(read, request.subscriptionId)
    const key = { apiKeyId: newId(), digest: request.digest }
    const { displayName, expireTime } = request
    const restrictions = knownRestrictions(request.restrictions)
    const wanted = { ...key, displayName, restrictions, expireTime, imported: true }
    const { reply } = await handleCommand(store, {
      ...identity,
      streams: { ...ownerStreams, apiKey: streams.apiKey(key.apiKeyId) },
      decide: (states) => ({ events: issueKey(states, owner, wanted), claims: digestClaim(key) }),
      reply: ({ states, versions, position }) => ({
        apiKey: apiKeyMessage(states.apiKey, versions.apiKey),
        position,
      }),
    })
    return reply
  }
}
