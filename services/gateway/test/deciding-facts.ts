import { ApiKeyState } from '@gatehouse/contracts/credential/v1/api_key'
import { ClientState } from '@gatehouse/contracts/credential/v1/client'
import { SubscriptionState } from '@gatehouse/contracts/credential/v1/subscription'
import { Api, ApiState, Operation, SecurityScheme } from '@gatehouse/contracts/policy/v1/api'
import { AuditMode } from '@gatehouse/contracts/policy/v1/enforcement'
import { Environment } from '@gatehouse/contracts/policy/v1/environment'
import { Plan, type RateLimit } from '@gatehouse/contracts/policy/v1/plan'
import { ApiKeyDigestView, ApiKeyView, ClientView, SubscriptionView } from '@gatehouse/contracts/read_model/v1/views'
import { digestSecret, mintSecret } from '@gatehouse/credential-format'
import { createMemoryModel, createViewCache } from '@gatehouse/read-model'

export const keyId = 'aaaaaaaaaaaaaaaa'
export const key = mintSecret('api_key', { environmentId: 'alpha', id: keyId, secret: new Uint8Array(32).fill(7) })

/** A read model with a key, its client and its subscription, all in order. */
export function views() {
  const model = createMemoryModel()
  const cache = createViewCache({ model })
  model.follow((change) => cache.onChange(change))
  let position = 0n
  async function write(entryKey: string, value: Uint8Array): Promise<void> {
    const writes = [{ key: entryKey, state: 'live', version: position + 1n, value } as const]
    await model.apply({ source: 'credential', after: position, upTo: position + 1n, writes, recordTime: new Date() })
    position += 1n
  }
  const names = { environmentId: 'alpha', clientId: 'c1', subscriptionId: 's1' }
  const put = {
    view: write,
    key: (over: Partial<ApiKeyView> = {}) =>
      write(
        `api_key/${keyId}`,
        ApiKeyView.encode({
          ...ApiKeyView.create(),
          ...names,
          apiKeyId: keyId,
          digest: digestSecret(key),
          state: ApiKeyState.API_KEY_STATE_ACTIVE,
          version: 1n,
          ...over,
        }).finish(),
      ),
    digest: (text: string) =>
      write(
        `api_key_digest/${Buffer.from(digestSecret(text)).toString('base64url')}`,
        ApiKeyDigestView.encode({ apiKeyId: keyId }).finish(),
      ),
    client: (state: ClientState = ClientState.CLIENT_STATE_ACTIVE) =>
      write(
        'client/c1',
        ClientView.encode({
          ...ClientView.create(),
          clientId: 'c1',
          environmentId: 'alpha',
          state,
          version: 1n,
        }).finish(),
      ),
    subscription: (over: Partial<SubscriptionView> = {}) =>
      write(
        'subscription/s1',
        SubscriptionView.encode({
          ...SubscriptionView.create(),
          ...names,
          apiId: 'orders',
          planId: 'gold',
          scopes: ['read'],
          state: SubscriptionState.SUBSCRIPTION_STATE_ACTIVE,
          version: 1n,
          ...over,
        }).finish(),
      ),
    parked: async (entryKey: string) => {
      const writes = [{ key: entryKey, state: 'parked', version: position + 1n, reason: 'test' } as const]
      await model.apply({ source: 'credential', after: position, upTo: position + 1n, writes, recordTime: new Date() })
      position += 1n
    },
    async all() {
      await put.key()
      await put.client()
      await put.subscription()
    },
  }
  return { cache, put }
}

const once: readonly RateLimit[] = [{ name: 'once', requests: 1n, period: { seconds: 3600n, nanos: 0 }, burst: 1n }]
const many: readonly RateLimit[] = [{ name: 'many', requests: 1000n, period: { seconds: 1n, nanos: 0 }, burst: 0n }]

/** One environment; an API whose operations differ in what they ask for, and one without upstream. */
export function policy(upstream: string) {
  const withKey = (scopes: string[] = []) => [
    { requirements: [{ scheme: SecurityScheme.SECURITY_SCHEME_API_KEY, scopes }] },
  ]
  const operation = (id: string, method: string, pathTemplate: string, over: Partial<Operation> = {}): Operation => ({
    ...Operation.create(),
    ...{ operationId: id, method, pathTemplate, security: withKey() },
    ...over,
  })
  const mode = (auditMode: AuditMode) => ({ enforcement: { auditMode, maxStaleness: undefined } })
  const operations = [
    operation('list', 'GET', '/items'),
    operation('ahead', 'POST', '/items', mode(AuditMode.AUDIT_MODE_WRITE_AHEAD)),
    operation('async', 'PUT', '/items', mode(AuditMode.AUDIT_MODE_ASYNC)),
    operation('open', 'GET', '/open', { security: [{ requirements: [] }] }),
    operation('query', 'GET', '/query', { apiKeyInQuery: true }),
    operation('passed', 'GET', '/passed', { apiKeyInQuery: true, forwardCredential: true }),
    operation('strict', 'GET', '/strict', {
      security: withKey(['read']),
      rateLimits: [...once],
      enforcement: { auditMode: AuditMode.AUDIT_MODE_WRITE_AHEAD, maxStaleness: { seconds: 5n, nanos: 0 } },
    }),
  ]
  const orders: Api = {
    ...Api.create(),
    ...{ apiId: 'orders', environmentId: 'alpha', state: ApiState.API_STATE_PUBLISHED, version: 1n },
    ...{ upstreams: [upstream], operations },
  }
  return {
    environments: [{ ...Environment.create(), environmentId: 'alpha', hosts: ['*'], version: 1n }],
    apis: [orders, { ...orders, apiId: 'nowhere', upstreams: [] }],
    plans: [{ ...Plan.create(), planId: 'gold', environmentId: 'alpha', rateLimits: [...many], version: 1n }],
  }
}
