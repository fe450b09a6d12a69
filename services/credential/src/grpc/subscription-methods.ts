import * as rpc from '@gatehouse/contracts/credential/v1/credential_service'
import type { Subscription } from '@gatehouse/contracts/credential/v1/subscription'
import { notFound } from '@gatehouse/errors'
import { handleCommand } from '@gatehouse/event-store'
import type { CallContext } from '@gatehouse/grpc-service'
import { validate } from '@gatehouse/grpc-service'
import { active } from '../domain/client/client.ts'
import { subscription as decider, type SubscriptionCommand } from '../domain/subscription/decide.ts'
import type { SubscriptionFacts } from '../domain/subscription/subscription.ts'
import { subscriptionMessage } from '../read/messages.ts'
import { streams } from '../store/streams.ts'
import { changing, identify } from './call.ts'
import type { Dependencies } from './credential-service.ts'
import { newId } from './new-key.ts'
import * as rules from './rules.ts'

interface Reply {
  readonly subscription: Subscription | undefined
  readonly position: bigint
}

const creation = {
  name: 'CreateSubscription',
  request: rpc.CreateSubscriptionRequest,
  response: rpc.CreateSubscriptionResponse,
  rules: rules.createSubscription,
}

export function subscriptionMethods({ store, read }: Dependencies) {
  const change = changing<SubscriptionFacts, SubscriptionCommand, Reply>(store, {
    decider,
    stream: ({ subscriptionId }, expectedVersion) => streams.subscription(subscriptionId, expectedVersion),
    reply: (subscription, version, position) => ({
      subscription: subscriptionMessage(subscription, version),
      position,
    }),
  })

  return {
    async createSubscription(request: rpc.CreateSubscriptionRequest, context: CallContext) {
      const identity = identify(creation, request, context)
      const { clientId, apiId, planId, operations, scopes } = request
      const wanted = { subscriptionId: newId(), clientId, apiId, planId, operations, scopes, time: new Date() }
      const { reply } = await handleCommand(store, {
        ...identity,
        streams: { client: streams.client(clientId), subscription: streams.subscription(wanted.subscriptionId) },
        decide({ client, subscription }) {
          const { environmentId } = active(client, clientId)
          return {
            events: { subscription: decider.decide({ type: 'create', ...wanted, environmentId }, subscription) },
          }
        },
        reply: ({ states, versions, position }) => ({
          subscription: subscriptionMessage(states.subscription, versions.subscription),
          position,
        }),
      })
      return reply
    },
    suspendSubscription: change<rpc.SuspendSubscriptionRequest>({
      name: 'SuspendSubscription',
      request: rpc.SuspendSubscriptionRequest,
      response: rpc.SuspendSubscriptionResponse,
      rules: rules.suspendSubscription,
      command: ({ subscriptionId, reason }, time) => ({ type: 'suspend', subscriptionId, reason, time }),
    }),
    resumeSubscription: change<rpc.ResumeSubscriptionRequest>({
      name: 'ResumeSubscription',
      request: rpc.ResumeSubscriptionRequest,
      response: rpc.ResumeSubscriptionResponse,
      rules: rules.resumeSubscription,
      command: ({ subscriptionId }, time) => ({ type: 'resume', subscriptionId, time }),
    }),
    cancelSubscription: change<rpc.CancelSubscriptionRequest>({
      name: 'CancelSubscription',
      request: rpc.CancelSubscriptionRequest,
      response: rpc.CancelSubscriptionResponse,
      rules: rules.cancelSubscription,
      command: ({ subscriptionId, reason }, time) => ({ type: 'cancel', subscriptionId, reason, time }),
    }),
    changeSubscription: change<rpc.ChangeSubscriptionRequest>({
      name: 'ChangeSubscription',
      request: rpc.ChangeSubscriptionRequest,
      response: rpc.ChangeSubscriptionResponse,
      rules: rules.changeSubscription,
      command: ({ subscriptionId, planId, operations, scopes }, time) => {
        return { type: 'change', subscriptionId, planId, operations, scopes, time }
      },
    }),
    async getSubscription(request: rpc.GetSubscriptionRequest): Promise<rpc.GetSubscriptionResponse> {
      validate(rules.getSubscription, request)
      const subscription = await read.subscription(request.subscriptionId)
      if (!subscription) throw notFound('subscription', request.subscriptionId)
      return { subscription }
    },
    async listSubscriptions(request: rpc.ListSubscriptionsRequest): Promise<rpc.ListSubscriptionsResponse> {
      validate(rules.listSubscriptions, request)
      const { environmentId, clientId } = request
      const { page, nextPageToken } = await read.listSubscriptions({ environmentId, clientId }, request)
      return { subscriptions: page, nextPageToken }
    },
  }
}
