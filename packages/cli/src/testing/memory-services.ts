import type { DecisionRecord } from '@gatehouse/contracts/audit/v1/decision_record'
import { ApiKey, ApiKeyState } from '@gatehouse/contracts/credential/v1/api_key'
import { Client, ClientState } from '@gatehouse/contracts/credential/v1/client'
import { Subscription, SubscriptionState } from '@gatehouse/contracts/credential/v1/subscription'
import { Api, ApiState, Operation } from '@gatehouse/contracts/policy/v1/api'
import { Environment } from '@gatehouse/contracts/policy/v1/environment'
import { Plan } from '@gatehouse/contracts/policy/v1/plan'
import { failedPrecondition, invalidArgument, notFound } from '@gatehouse/errors'
import type { Answers } from '../../../../services/console/src/testing/running-console.ts'
import { type OAuthShelves, oauthShelves, secretAnswers, tokenAnswers } from './memory-oauth.ts'
import { Shelf } from './shelf.ts'

/** The services behind the console, in memory: as much of their rules as commands show. */
export function memoryServices() {
  const shelves = {
    environments: new Shelf<Environment>('environment'),
    apis: new Shelf<Api>('api'),
    plans: new Shelf<Plan>('plan'),
    clients: new Shelf<Client>('client'),
    subscriptions: new Shelf<Subscription>('subscription'),
    keys: new Shelf<ApiKey>('api_key'),
  }
  const oauth = oauthShelves()
  const decisions: DecisionRecord[] = []
  const answers: Answers = {
    policy: policyAnswers(shelves),
    credential: {
      ...{ ...clientAnswers(shelves), ...secretAnswers(oauth) },
      ...{ ...subscriptionAnswers(shelves), ...keyAnswers(shelves) },
    },
    token: tokenAnswers(oauth),
    audit: {
      listDecisions: async ({ filter, pageSize }) => ({
        decisions: decisions
          .filter(
            ({ allowed, reason }) =>
              (filter?.allowed ?? allowed) === allowed && reason.startsWith(filter?.reason ?? ''),
          )
          .slice(0, pageSize),
        nextPageToken: '',
      }),
      getDecision: async ({ decisionId }) => {
        const decision = decisions.find((each) => each.decisionId === decisionId)
        if (!decision) throw notFound('decision', decisionId)
        return { decision }
      },
      async *tailDecisions(_, { signal }) {
        for (const decision of decisions) yield { decision }
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
      },
    },
  }
  return { answers, decisions, ...oauth, ...shelves }
}

type Shelves = Omit<ReturnType<typeof memoryServices>, 'answers' | 'decisions' | keyof OAuthShelves>

function policyAnswers({ environments, apis, plans }: Shelves): NonNullable<Answers['policy']> {
  const name = (item: { environmentId: string }, id: string) => `${item.environmentId}/${id}`
  const published = (api: Api) => apis.put(name(api, api.apiId), { ...api, state: ApiState.API_STATE_PUBLISHED })
  return {
    putEnvironment: async ({ environment = Environment.fromPartial({}) }) => {
      if (environment.hosts.includes('bad host'))
        throw invalidArgument([{ field: 'environment.hosts[0]', description: 'is not a host name' }])
      return { environment: environments.put(environment.environmentId, environment), position: 1n }
    },
    getEnvironment: async ({ environmentId }) => ({ environment: environments.get(environmentId) }),
    listEnvironments: async () => ({ environments: environments.list(), nextPageToken: '' }),
    putApi: async ({ api = Api.fromPartial({}) }) => ({ api: published(api), position: 2n }),
    importOpenApi: async ({ api = Api.fromPartial({}), document }) => {
      const ids = [...document.matchAll(/operationId: (\S+)/g)]
      const operations = ids.map(([, operationId = '']) => Operation.fromPartial({ operationId }))
      return { api: published({ ...api, operations }), position: 2n }
    },
    getApi: async ({ environmentId, apiId }) => ({ api: apis.get(`${environmentId}/${apiId}`) }),
    listApis: async () => ({ apis: apis.list(), nextPageToken: '' }),
    putPlan: async ({ plan = Plan.fromPartial({}) }) => ({
      plan: plans.put(name(plan, plan.planId), plan),
      position: 3n,
    }),
    getPlan: async ({ environmentId, planId }) => ({ plan: plans.get(`${environmentId}/${planId}`) }),
    listPlans: async () => ({ plans: plans.list(), nextPageToken: '' }),
  }
}

function clientAnswers({ clients }: Shelves): NonNullable<Answers['credential']> {
  return {
    registerClient: async ({ environmentId, clientId, displayName, registration }) => {
      const fields = { clientId, environmentId, displayName, registration, state: ClientState.CLIENT_STATE_ACTIVE }
      return { client: clients.put(clientId, { ...Client.create(), ...fields }), position: 4n }
    },
    changeClientRegistration: async ({ clientId, displayName, registration }) => {
      const before = clients.get(clientId)
      const fields = { ...before, registration, displayName: displayName || before.displayName }
      return { client: clients.put(clientId, fields), position: 14n }
    },
    deleteClient: async ({ clientId }) => ({
      client: clients.put(clientId, { ...clients.get(clientId), state: ClientState.CLIENT_STATE_DELETED }),
      position: 15n,
    }),
    getClient: async ({ clientId }) => ({ client: clients.get(clientId) }),
    // Two pages at least: the ids go on where the token says.
    listClients: async ({ pageToken, pageSize }) => {
      const from = Number(pageToken || 0)
      const page = clients.list().slice(from, from + Math.min(pageSize, 3))
      const next = from + page.length
      return { clients: page, nextPageToken: next < clients.items.size ? String(next) : '' }
    },
  }
}

function subscriptionAnswers({ subscriptions, keys, clients }: Shelves): NonNullable<Answers['credential']> {
  const state = (id: string, next: SubscriptionState) => ({
    subscription: subscriptions.put(id, { ...subscriptions.get(id), state: next }),
    position: 6n,
  })
  return {
    createSubscription: async ({ clientId, apiId, planId, operations, scopes }) => {
      const { environmentId } = clients.get(clientId)
      const subscriptionId = `s${subscriptions.items.size + 1}`
      const fields = { subscriptionId, environmentId, clientId, apiId, planId, operations, scopes, state: 1 as const }
      return { subscription: subscriptions.put(subscriptionId, Subscription.fromPartial(fields)), position: 5n }
    },
    activateSubscription: async ({ subscriptionId }) => {
      if (subscriptions.get(subscriptionId).state !== SubscriptionState.SUBSCRIPTION_STATE_PENDING)
        throw failedPrecondition('SUBSCRIPTION_NOT_PENDING', `subscription ${subscriptionId} is not pending`)
      const apiKeyId = `k${keys.items.size + 1}`
      const apiKey = keys.put(apiKeyId, ApiKey.fromPartial({ apiKeyId, subscriptionId, state: 1 }))
      return { ...state(subscriptionId, 2), apiKey, apiKeySecret: `gh_alpha_${apiKeyId}_secret` }
    },
    suspendSubscription: async ({ subscriptionId }) => state(subscriptionId, 3),
    resumeSubscription: async ({ subscriptionId }) => state(subscriptionId, 2),
    cancelSubscription: async ({ subscriptionId }) => state(subscriptionId, 4),
    changeSubscription: async ({ subscriptionId, planId, operations, scopes }) => {
      const changed = { ...subscriptions.get(subscriptionId), planId, operations, scopes }
      return { subscription: subscriptions.put(subscriptionId, changed), position: 7n }
    },
    getSubscription: async ({ subscriptionId }) => ({ subscription: subscriptions.get(subscriptionId) }),
    listSubscriptions: async ({ clientId }) => ({
      subscriptions: subscriptions.list((each) => clientId === '' || each.clientId === clientId),
      nextPageToken: '',
    }),
  }
}

function keyAnswers({ keys }: Shelves): NonNullable<Answers['credential']> {
  const add = (fields: Partial<ApiKey>) => {
    const { subscriptionId, displayName, restrictions, expireTime, imported } = { ...ApiKey.fromPartial({}), ...fields }
    const apiKeyId = `k${keys.items.size + 1}`
    const state = ApiKeyState.API_KEY_STATE_ACTIVE
    const blank = ApiKey.fromPartial({ apiKeyId, state })
    return keys.put(apiKeyId, { ...blank, subscriptionId, displayName, restrictions, expireTime, imported })
  }
  const change = (id: string, fields: Partial<ApiKey>) => ({
    apiKey: keys.put(id, { ...keys.get(id), ...fields }),
    position: 9n,
  })
  return {
    issueApiKey: async (request) => {
      const apiKey = add(request)
      return { apiKey, apiKeySecret: `gh_alpha_${apiKey.apiKeyId}_secret`, position: 8n }
    },
    importApiKey: async (request) => {
      if (request.digest.length !== 32) throw invalidArgument([{ field: 'digest', description: 'must be 32 bytes' }])
      return { apiKey: add({ ...request, imported: true }), position: 8n }
    },
    rotateApiKey: async ({ apiKeyId }) => {
      const apiKey = add(keys.get(apiKeyId))
      const { apiKey: predecessor, position } = change(apiKeyId, { successorId: apiKey.apiKeyId })
      return { apiKey, apiKeySecret: `gh_alpha_${apiKey.apiKeyId}_secret`, predecessor, position }
    },
    suspendApiKey: async ({ apiKeyId }) => change(apiKeyId, { state: 2 }),
    resumeApiKey: async ({ apiKeyId }) => change(apiKeyId, { state: 1 }),
    revokeApiKey: async ({ apiKeyId }) => change(apiKeyId, { state: 3 }),
    expireApiKey: async ({ apiKeyId, expireTime }) => change(apiKeyId, { expireTime }),
    restrictApiKey: async ({ apiKeyId, restrictions }) => change(apiKeyId, { restrictions }),
    getApiKey: async ({ apiKeyId }) => ({ apiKey: keys.get(apiKeyId) }),
    listApiKeys: async () => ({ apiKeys: keys.list(), nextPageToken: '' }),
  }
}
