import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ApiKeyState } from '@gatehouse/contracts/credential/v1/api_key'
import type { CredentialServiceService } from '@gatehouse/contracts/credential/v1/credential_service'
import { CredentialServiceClient } from '@gatehouse/contracts/credential/v1/credential_service'
import { SubscriptionState } from '@gatehouse/contracts/credential/v1/subscription'
import { Api } from '@gatehouse/contracts/policy/v1/api'
import { Environment } from '@gatehouse/contracts/policy/v1/environment'
import { Plan, type RateLimit } from '@gatehouse/contracts/policy/v1/plan'
import type { PolicyServiceService } from '@gatehouse/contracts/policy/v1/policy_service'
import { PolicyServiceClient } from '@gatehouse/contracts/policy/v1/policy_service'
import { createClient, type ServiceClient, type TlsMaterial } from '@gatehouse/grpc-service'

/** What the demo's curl lines need. */
export interface DemoKey {
  readonly apiKey: string
  readonly apiKeyId: string
  readonly subscriptionId: string
  readonly clientId: string
}

export interface SeedOptions {
  readonly credentialAddress: string
  readonly policyAddress: string
  /** The console's identity: operators' commands come from there. */
  readonly tls: TlsMaterial
  readonly upstreamUrl: string
  /** What an earlier start left; used again as long as its key is active. */
  readonly known: DemoKey | undefined
}

type Credential = ServiceClient<typeof CredentialServiceService>
type Policy = ServiceClient<typeof PolicyServiceService>

const environmentId = 'alpha'
const apiId = 'orders'
const planId = 'trial'
const clientId = 'demo'

/** Describes the demo to the services: environment, API, plan, client and a subscription with its key. */
export async function seedDemo(options: SeedOptions): Promise<DemoKey> {
  const { tls, credentialAddress, policyAddress } = options
  const policy = createClient(PolicyServiceClient, { address: policyAddress, tls, peer: 'policy' })
  const credential = createClient(CredentialServiceClient, { address: credentialAddress, tls, peer: 'credential' })
  try {
    await seedPolicy(policy, options.upstreamUrl)
    return await seedCredential(credential, options.known)
  } finally {
    policy.close()
    credential.close()
  }
}

async function seedPolicy(policy: Policy, upstreamUrl: string): Promise<void> {
  const hosts: readonly string[] = ['*']
  const environment = Environment.fromPartial({ environmentId, displayName: 'Alpha', hosts })
  const rateLimits: readonly RateLimit[] = [
    { name: 'steady', requests: 100_000n, period: { seconds: 60n, nanos: 0 }, burst: 10_000n },
  ]
  const plan = Plan.fromPartial({ planId, environmentId, displayName: 'Trial', rateLimits })
  const upstreams: readonly string[] = [upstreamUrl]
  const api = Api.fromPartial({ apiId, environmentId, displayName: 'Orders', upstreams })
  const document = await readFile(join(import.meta.dirname, 'orders.openapi.yaml'), 'utf8')
  // The same content appends nothing; the request ids are new because the upstream's port may be.
  await policy.putEnvironment({ requestId: crypto.randomUUID(), expectedVersion: undefined, environment })
  await policy.putPlan({ requestId: crypto.randomUUID(), expectedVersion: undefined, plan })
  await policy.importOpenApi({ requestId: crypto.randomUUID(), expectedVersion: undefined, api, document })
}

async function seedCredential(credential: Credential, known: DemoKey | undefined): Promise<DemoKey> {
  if (known && (await isActive(credential, known.apiKeyId))) return known
  const client = { environmentId, clientId, displayName: 'Demo client', registration: undefined }
  await credential.registerClient({ requestId: 'demo-client', ...client })
  const page = { environmentId: '', clientId, pageSize: 100, pageToken: '' }
  const { subscriptions } = await credential.listSubscriptions(page)
  const active = subscriptions.find(({ state }) => state === SubscriptionState.SUBSCRIPTION_STATE_ACTIVE)
  return active ? furtherKey(credential, active.subscriptionId) : firstKey(credential)
}

async function isActive(credential: Credential, apiKeyId: string): Promise<boolean> {
  const { apiKey } = await credential.getApiKey({ apiKeyId }).catch(() => ({ apiKey: undefined }))
  return apiKey?.state === ApiKeyState.API_KEY_STATE_ACTIVE
}

/** Subscribes; the activation provisions the key. */
async function firstKey(credential: Credential): Promise<DemoKey> {
  const wanted = { clientId, apiId, planId, operations: [], scopes: [] }
  const { subscription } = await credential.createSubscription({ requestId: crypto.randomUUID(), ...wanted })
  const { subscriptionId } = present(subscription)
  const activation = { requestId: crypto.randomUUID(), expectedVersion: undefined, subscriptionId }
  const { apiKey, apiKeySecret } = await credential.activateSubscription(activation)
  return { apiKey: apiKeySecret, apiKeyId: present(apiKey).apiKeyId, subscriptionId, clientId }
}

/** The key of an earlier start was revoked: that is what the demo is for. */
async function furtherKey(credential: Credential, subscriptionId: string): Promise<DemoKey> {
  const { apiKey, apiKeySecret } = await credential.issueApiKey({
    requestId: crypto.randomUUID(),
    subscriptionId,
    displayName: 'demo',
    restrictions: undefined,
    expireTime: undefined,
  })
  return { apiKey: apiKeySecret, apiKeyId: present(apiKey).apiKeyId, subscriptionId, clientId }
}

function present<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('the credential service left out what it was asked for')
  return value
}

export { apiId as demoApiId, environmentId as demoEnvironmentId }
