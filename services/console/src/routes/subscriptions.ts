import {
  ActivateSubscriptionRequest,
  CancelSubscriptionRequest,
  ChangeSubscriptionRequest,
  CreateSubscriptionRequest,
  GetSubscriptionRequest,
  ListApiKeysRequest,
  ListSubscriptionsRequest,
  ResumeSubscriptionRequest,
  SuspendSubscriptionRequest,
} from '@gatehouse/contracts/credential/v1/credential_service'
import type { Subscription } from '@gatehouse/contracts/credential/v1/subscription'
import type { FastifyInstance } from 'fastify'
import { addEndpoint } from '../http/endpoint.ts'
import { body, pageQuery, ref, refs, text, texts } from '../http/schemas.ts'
import { apiKeyView, page, subscriptionView, writtenAt } from '../http/views.ts'
import type { Services } from '../services.ts'

const tag = 'subscriptions'
const collection = '/v1/subscriptions'
const item = `${collection}/:subscription_id`
const reply = { subscription: ref('Subscription') }

export function subscriptionRoutes(app: FastifyInstance, services: Services): void {
  subscriptionReads(app, services)
  subscriptionLife(app, services)
  subscriptionStates(app, services)
}

function subscriptionReads(app: FastifyInstance, { credential }: Services): void {
  addEndpoint(app, {
    ...{ method: 'GET', url: collection, tag, summary: 'Lists subscriptions by id.' },
    query: { environment_id: text(), client_id: text(), ...pageQuery },
    reply: { subscriptions: refs('Subscription'), next_page_token: text() },
    operationId: 'listSubscriptions',
    message: ListSubscriptionsRequest,
    call: credential.listSubscriptions,
    answer: ({ subscriptions, nextPageToken }) =>
      page('subscriptions', subscriptions.map(subscriptionView), nextPageToken),
  })
  addEndpoint(app, {
    ...{ method: 'GET', url: item, tag, summary: 'Shows a subscription.', reply },
    operationId: 'getSubscription',
    message: GetSubscriptionRequest,
    call: credential.getSubscription,
    answer: ({ subscription }) => ({ subscription: subscriptionView(subscription) }),
  })
  addEndpoint(app, {
    ...{ method: 'GET', url: `${item}/credentials`, tag, summary: 'Lists the credentials of a subscription.' },
    query: pageQuery,
    reply: { api_keys: refs('ApiKey'), next_page_token: text() },
    operationId: 'listSubscriptionCredentials',
    message: ListApiKeysRequest,
    // Without it an unknown subscription would look like one without credentials.
    async call(request, settings) {
      await credential.getSubscription({ subscriptionId: request.subscriptionId }, settings)
      return credential.listApiKeys(request, settings)
    },
    answer: ({ apiKeys, nextPageToken }) => page('api_keys', apiKeys.map(apiKeyView), nextPageToken),
  })
}

const written = ({ subscription, position }: { subscription: Subscription | undefined; position: bigint }) => ({
  subscription: subscriptionView(subscription),
  ...writtenAt('credential', position),
})

function subscriptionLife(app: FastifyInstance, { credential }: Services): void {
  const entitlement = { plan_id: text(), operations: texts(), scopes: texts() }
  addEndpoint(app, {
    ...{ method: 'POST', url: collection, tag, summary: 'Asks for an API under a plan.', reply, status: 201 },
    body: body({ client_id: text(), api_id: text(), ...entitlement }, ['client_id', 'api_id', 'plan_id']),
    operationId: 'createSubscription',
    message: CreateSubscriptionRequest,
    call: credential.createSubscription,
    answer: written,
  })
  addEndpoint(app, {
    ...{ method: 'POST', url: `${item}/activate`, tag },
    summary: 'Makes a pending subscription active; its API key is shown this once.',
    reply: { ...reply, api_key: ref('ApiKey'), api_key_secret: text() },
    operationId: 'activateSubscription',
    message: ActivateSubscriptionRequest,
    call: credential.activateSubscription,
    answer: ({ subscription, apiKey, apiKeySecret, position }) => ({
      ...written({ subscription, position }),
      api_key: apiKeyView(apiKey),
      ...(apiKeySecret && { api_key_secret: apiKeySecret }),
    }),
  })
  addEndpoint(app, {
    ...{ method: 'POST', url: `${item}/change`, tag, summary: 'Sets plan, operations and scopes.', reply },
    body: body(entitlement, ['plan_id', 'operations', 'scopes']),
    operationId: 'changeSubscription',
    message: ChangeSubscriptionRequest,
    call: credential.changeSubscription,
    answer: written,
  })
}

function subscriptionStates(app: FastifyInstance, { credential }: Services): void {
  const reason = body({ reason: text() })
  addEndpoint(app, {
    ...{ method: 'POST', url: `${item}/suspend`, tag, summary: 'Refuses its credentials until resumed.', reply },
    body: reason,
    operationId: 'suspendSubscription',
    message: SuspendSubscriptionRequest,
    call: credential.suspendSubscription,
    answer: written,
  })
  addEndpoint(app, {
    ...{ method: 'POST', url: `${item}/resume`, tag, summary: 'Ends a suspension.', reply },
    operationId: 'resumeSubscription',
    message: ResumeSubscriptionRequest,
    call: credential.resumeSubscription,
    answer: written,
  })
  addEndpoint(app, {
    ...{ method: 'POST', url: `${item}/cancel`, tag, summary: 'Ends a subscription for good.', reply },
    body: reason,
    operationId: 'cancelSubscription',
    message: CancelSubscriptionRequest,
    call: credential.cancelSubscription,
    answer: written,
  })
}
