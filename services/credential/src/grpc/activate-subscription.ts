import {
  ActivateSubscriptionRequest,
  ActivateSubscriptionResponse,
} from '@gatehouse/contracts/credential/v1/credential_service'
import { handleCommand } from '@gatehouse/event-store'
import type { CallContext } from '@gatehouse/grpc-service'
import { activate } from '../domain/api-key/provide.ts'
import { apiKeyMessage, subscriptionMessage } from '../read/messages.ts'
import { streams } from '../store/streams.ts'
import { identify } from './call.ts'
import type { Dependencies } from './credential-service.ts'
import { digestClaim, isOf, mint, ownerOf } from './new-key.ts'
import * as rules from './rules.ts'

const method = {
  name: 'ActivateSubscription',
  request: ActivateSubscriptionRequest,
  response: ActivateSubscriptionResponse,
  rules: rules.activateSubscription,
}

/** Makes a subscription active and provisions its first key, in one command. The secret is in the first answer alone. */
export function activateSubscription({ store, read }: Dependencies) {
  return async (request: ActivateSubscriptionRequest, context: CallContext): Promise<ActivateSubscriptionResponse> => {
    const identity = identify(method, request, context)
    const { subscriptionId, expectedVersion } = request
    const { owner, environmentId, ownerStreams } = await ownerOf(read, subscriptionId)
    const { secret, key } = mint(environmentId)
    const wanted = { ...key, displayName: '', restrictions: undefined, expireTime: undefined, imported: false }
    const { reply } = await handleCommand(store, {
      ...identity,
      streams: {
        client: ownerStreams.client,
        subscription: streams.subscription(subscriptionId, expectedVersion),
        apiKey: streams.apiKey(key.apiKeyId),
      },
      decide: (states) => ({ events: activate(states, owner, wanted), claims: digestClaim(key) }),
      reply: ({ states, versions, position }) => ({
        subscription: subscriptionMessage(states.subscription, versions.subscription),
        apiKey: apiKeyMessage(states.apiKey, versions.apiKey),
        apiKeySecret: '',
        position,
      }),
    })
    // An earlier request made another key, whose secret is gone; this one is known here alone.
    return isOf(reply, key) ? { ...reply, apiKeySecret: secret } : reply
  }
}
