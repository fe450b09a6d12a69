import { createHash } from 'node:crypto'
import { ApiKeyState } from '@gatehouse/contracts/credential/v1/api_key'
import { ClientState } from '@gatehouse/contracts/credential/v1/client'
import { SubscriptionState } from '@gatehouse/contracts/credential/v1/subscription'
import { Api, ApiState, Operation, SecurityScheme } from '@gatehouse/contracts/policy/v1/api'
import { Environment } from '@gatehouse/contracts/policy/v1/environment'
import { Plan } from '@gatehouse/contracts/policy/v1/plan'
import { ApiKeyView, ClientView, SubscriptionView } from '@gatehouse/contracts/read_model/v1/views'

export const apiKeySecurity = [{ requirements: [{ scheme: SecurityScheme.SECURITY_SCHEME_API_KEY, scopes: [] }] }]

/** `GET /orders/{id}` with an operation id made from both. */
export function operation(route: string, extra: Partial<Operation> = {}): Operation {
  const [method = '', pathTemplate = ''] = route.split(' ')
  return { ...Operation.create(), operationId: route, method, pathTemplate, security: apiKeySecurity, ...extra }
}

export function api(apiId: string, operations: readonly Operation[], extra: Partial<Api> = {}): Api {
  return {
    ...Api.create(),
    apiId,
    environmentId: 'alpha',
    upstreams: ['http://127.0.0.1:1'],
    operations: [...operations],
    state: ApiState.API_STATE_PUBLISHED,
    version: 1n,
    ...extra,
  }
}

export function environment(
  environmentId: string,
  hosts: readonly string[],
  extra: Partial<Environment> = {},
): Environment {
  return { ...Environment.create(), environmentId, hosts, version: 1n, ...extra }
}

export function plan(planId: string, extra: Partial<Plan> = {}): Plan {
  return { ...Plan.create(), planId, environmentId: 'alpha', version: 1n, ...extra }
}

export const digest = new Uint8Array(createHash('sha256').update('the key').digest())

/** Views that belong together: an active key of an active client with an active subscription to `orders`. */
export const views: { apiKey: ApiKeyView; client: ClientView; subscription: SubscriptionView; revocations: undefined } =
  {
    revocations: undefined,
    apiKey: {
      ...ApiKeyView.create(),
      apiKeyId: 'key-1',
      environmentId: 'alpha',
      clientId: 'client-1',
      subscriptionId: 'subscription-1',
      digest,
      state: ApiKeyState.API_KEY_STATE_ACTIVE,
      version: 1n,
    },
    client: {
      ...ClientView.create(),
      clientId: 'client-1',
      environmentId: 'alpha',
      state: ClientState.CLIENT_STATE_ACTIVE,
      version: 1n,
    },
    subscription: {
      ...SubscriptionView.create(),
      subscriptionId: 'subscription-1',
      environmentId: 'alpha',
      clientId: 'client-1',
      apiId: 'orders',
      planId: 'gold',
      scopes: ['orders:read', 'orders:write'],
      state: SubscriptionState.SUBSCRIPTION_STATE_ACTIVE,
      version: 1n,
    },
  }
