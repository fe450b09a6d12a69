import { ApiKeyState } from '@gatehouse/contracts/credential/v1/api_key'
import { ClientAuthenticationMethod, ClientRegistration } from '@gatehouse/contracts/credential/v1/client_registration'
import { ClientSecretState } from '@gatehouse/contracts/credential/v1/client_secret'
import type { CredentialServiceService } from '@gatehouse/contracts/credential/v1/credential_service'
import { SubscriptionState } from '@gatehouse/contracts/credential/v1/subscription'
import { GatehouseError } from '@gatehouse/errors'
import type { ServiceClient } from '@gatehouse/grpc-service'

/** What the demo's curl lines need. */
export interface DemoClient {
  readonly apiKey: string
  readonly apiKeyId: string
  readonly subscriptionId: string
  readonly clientId: string
  readonly clientSecret: string
}

interface Order {
  readonly environmentId: string
  readonly apiId: string
  readonly planId: string
}

type Credential = ServiceClient<typeof CredentialServiceService>

const clientId = 'demo'
/** Nothing listens there: the browser shows what it was sent with. A loopback address is taken with any port. */
export const demoRedirectUri = 'http://127.0.0.1:8765/callback'
const scopes: readonly string[] = ['orders:read', 'orders:write']

/** Registers the demo's client, subscribes it, and gives it a key and a secret where those known are not active. */
export async function seedClient(
  credential: Credential,
  order: Order,
  known: Partial<DemoClient>,
): Promise<DemoClient> {
  await register(credential, order.environmentId)
  const { subscriptionId, ...first } = await subscribe(credential, order)
  const key = first.key ?? (await activeKey(credential, subscriptionId, known))
  return { clientId, subscriptionId, ...key, clientSecret: await activeSecret(credential, known.clientSecret) }
}

async function register(credential: Credential, environmentId: string): Promise<void> {
  const grantTypes: readonly string[] = [
    ...['client_credentials', 'authorization_code', 'refresh_token'],
    'urn:ietf:params:oauth:grant-type:device_code',
  ]
  const redirectUris: readonly string[] = [demoRedirectUri]
  const introspectableApis: readonly string[] = ['orders']
  const registration = {
    ...ClientRegistration.create(),
    tokenEndpointAuthMethod: ClientAuthenticationMethod.CLIENT_AUTHENTICATION_METHOD_CLIENT_SECRET_BASIC,
    ...{ grantTypes, redirectUris, introspectableApis },
  }
  const wanted = { requestId: crypto.randomUUID(), clientId, displayName: 'Demo client', registration }
  if (await isRegistered(credential)) {
    await credential.changeClientRegistration({ ...wanted, expectedVersion: undefined })
  } else await credential.registerClient({ ...wanted, environmentId })
}

async function isRegistered(credential: Credential): Promise<boolean> {
  try {
    return (await credential.getClient({ clientId })).client !== undefined
  } catch (error) {
    if (error instanceof GatehouseError && error.status === 'NOT_FOUND') return false
    throw error
  }
}

/** The activation of a new subscription provisions its key. */
async function subscribe(credential: Credential, { environmentId: _, ...order }: Order) {
  const page = { environmentId: '', clientId, pageSize: 100, pageToken: '' }
  const { subscriptions } = await credential.listSubscriptions(page)
  const active = subscriptions.find(({ state }) => state === SubscriptionState.SUBSCRIPTION_STATE_ACTIVE)
  const entitlement = { planId: order.planId, operations: [], scopes }
  const request = () => ({ requestId: crypto.randomUUID(), expectedVersion: undefined })
  if (active) {
    const { subscriptionId } = active
    await credential.changeSubscription({ ...request(), subscriptionId, ...entitlement })
    return { subscriptionId }
  }
  const { subscription } = await credential.createSubscription({
    ...{ requestId: crypto.randomUUID(), clientId, apiId: order.apiId },
    ...entitlement,
  })
  const { subscriptionId } = present(subscription)
  const { apiKey, apiKeySecret } = await credential.activateSubscription({ ...request(), subscriptionId })
  return { subscriptionId, key: { apiKey: apiKeySecret, apiKeyId: present(apiKey).apiKeyId } }
}

/** The key of an earlier start may have been revoked: that is what the demo is for. */
async function activeKey(credential: Credential, subscriptionId: string, known: Partial<DemoClient>) {
  const { apiKey, apiKeyId } = known
  if (apiKey && apiKeyId) {
    const { apiKey: found } = await credential.getApiKey({ apiKeyId }).catch(() => ({ apiKey: undefined }))
    if (found?.state === ApiKeyState.API_KEY_STATE_ACTIVE) return { apiKey, apiKeyId }
  }
  const issued = await credential.issueApiKey({
    requestId: crypto.randomUUID(),
    subscriptionId,
    displayName: 'demo',
    restrictions: undefined,
    expireTime: undefined,
  })
  return { apiKey: issued.apiKeySecret, apiKeyId: present(issued.apiKey).apiKeyId }
}

async function activeSecret(credential: Credential, known: string | undefined): Promise<string> {
  const { clientSecrets } = await credential.listClientSecrets({ clientId })
  const active = clientSecrets.filter(({ state }) => state === ClientSecretState.CLIENT_SECRET_STATE_ACTIVE)
  if (known && active.some(({ clientSecretId }) => known.includes(`_${clientSecretId}_`))) return known
  const issued = await credential.issueClientSecret({
    ...{ requestId: crypto.randomUUID(), clientId },
    ...{ displayName: 'demo', expireTime: undefined },
  })
  return issued.clientSecretText
}

function present<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('the credential service left out what it was asked for')
  return value
}
