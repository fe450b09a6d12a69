import { IssueApiKeyRequest, IssueApiKeyResponse } from '@gatehouse/contracts/credential/v1/credential_service'
import { handleCommand } from '@gatehouse/event-store'
import type { CallContext } from '@gatehouse/grpc-service'
import { issueKey } from '../domain/api-key/provide.ts'
import { apiKeyMessage } from '../read/messages.ts'
import { streams } from '../store/streams.ts'
import { identify } from './call.ts'
import type { Dependencies } from './credential-service.ts'
import { digestClaim, isOf, mint, ownerOf } from './new-key.ts'
import { knownRestrictions } from './restrictions.ts'
import * as rules from './rules.ts'

const method = {
  name: 'IssueApiKey',
  request: IssueApiKeyRequest,
  response: IssueApiKeyResponse,
  rules: rules.issueApiKey,
}

/** A further key of a subscription. The secret is in the first answer alone, never in a stored one. */
export function issueApiKey({ store, read }: Dependencies) {
  return async (request: IssueApiKeyRequest, context: CallContext): Promise<IssueApiKeyResponse> => {
    const identity = identify(method, request, context)
    const { owner, environmentId, ownerStreams } = await ownerOf(read, request.subscriptionId)
    const { secret, key } = mint(environmentId)
    const { displayName, expireTime } = request
    const restrictions = knownRestrictions(request.restrictions)
    const wanted = { ...key, displayName, restrictions, expireTime, imported: false }
    const { reply } = await handleCommand(store, {
      ...identity,
      streams: { ...ownerStreams, apiKey: streams.apiKey(key.apiKeyId) },
      decide: (states) => ({ events: issueKey(states, owner, wanted), claims: digestClaim(key) }),
      reply: ({ states, versions, position }) => ({
        apiKey: apiKeyMessage(states.apiKey, versions.apiKey),
        apiKeySecret: '',
        position,
      }),
    })
    // An earlier request made another key, whose secret is gone; this one is known here alone.
    return isOf(reply, key) ? { ...reply, apiKeySecret: secret } : reply
  }
}
