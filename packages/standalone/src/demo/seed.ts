import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CredentialServiceClient } from '@gatehouse/contracts/credential/v1/credential_service'
import { Api } from '@gatehouse/contracts/policy/v1/api'
import { Environment } from '@gatehouse/contracts/policy/v1/environment'
import { Plan, type RateLimit } from '@gatehouse/contracts/policy/v1/plan'
import type { PolicyServiceService } from '@gatehouse/contracts/policy/v1/policy_service'
import { PolicyServiceClient } from '@gatehouse/contracts/policy/v1/policy_service'
import { Issuer } from '@gatehouse/contracts/policy/v1/token_settings'
import { createClient, type ServiceClient, type TlsMaterial } from '@gatehouse/grpc-service'
import { type DemoClient, seedClient } from './seed-client.ts'

export interface SeedOptions {
  readonly credentialAddress: string
  readonly policyAddress: string
  /** The console's identity: operators' commands come from there. */
  readonly tls: TlsMaterial
  readonly upstreamUrl: string
  /** URL that makes the environment an authorization server; undefined: it is none. */
  readonly issuer: string | undefined
  /** What an earlier start left; used again as long as it is active. */
  readonly known: Partial<DemoClient>
}

export type { DemoClient } from './seed-client.ts'

type Policy = ServiceClient<typeof PolicyServiceService>

export const demoEnvironmentId = 'alpha'
export const demoApiId = 'orders'
const planId = 'trial'

/** Describes the demo to the services: environment, API, plan, and a client with its subscription, key and secret. */
export async function seedDemo(options: SeedOptions): Promise<DemoClient> {
  const { tls, credentialAddress, policyAddress, upstreamUrl, issuer } = options
  const policy = createClient(PolicyServiceClient, { address: policyAddress, tls, peer: 'policy' })
  const credential = createClient(CredentialServiceClient, { address: credentialAddress, tls, peer: 'credential' })
  try {
    await seedPolicy(policy, upstreamUrl, issuer)
    const order = { environmentId: demoEnvironmentId, apiId: demoApiId, planId }
    return await seedClient(credential, order, options.known)
  } finally {
    policy.close()
    credential.close()
  }
}

async function seedPolicy(policy: Policy, upstreamUrl: string, url: string | undefined): Promise<void> {
  const environmentId = demoEnvironmentId
  const hosts: readonly string[] = ['*']
  const issuer = url === undefined ? undefined : Issuer.fromPartial({ url, localUsers: true })
  const described = Environment.fromPartial({ environmentId, displayName: 'Alpha', hosts })
  const environment: Environment = { ...described, issuer }
  const rateLimits: readonly RateLimit[] = [
    { name: 'steady', requests: 100_000n, period: { seconds: 60n, nanos: 0 }, burst: 10_000n },
  ]
  const plan = Plan.fromPartial({ planId, environmentId, displayName: 'Trial', rateLimits })
  const upstreams: readonly string[] = [upstreamUrl]
  const api = Api.fromPartial({ apiId: demoApiId, environmentId, displayName: 'Orders', upstreams })
  const document = await readFile(join(import.meta.dirname, 'orders.openapi.yaml'), 'utf8')
  // The same content appends nothing; the request ids are new because the upstream's port may be.
  await policy.putEnvironment({ requestId: crypto.randomUUID(), expectedVersion: undefined, environment })
  await policy.putPlan({ requestId: crypto.randomUUID(), expectedVersion: undefined, plan })
  await policy.importOpenApi({ requestId: crypto.randomUUID(), expectedVersion: undefined, api, document })
}
