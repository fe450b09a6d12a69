import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClientAuthenticationMethod, ClientRegistration } from '@gatehouse/contracts/credential/v1/client_registration'
import { CredentialServiceClient } from '@gatehouse/contracts/credential/v1/credential_service'
import { PolicyServiceClient } from '@gatehouse/contracts/policy/v1/policy_service'
import { TokenSettings } from '@gatehouse/contracts/policy/v1/token_settings'
import { TokenAdminServiceClient } from '@gatehouse/contracts/token/v1/token_admin_service'
import { createClient, createLogger, devCertificates } from '@gatehouse/grpc-service'
import { startEmbedded } from '@gatehouse/standalone/embedded'
import { startDemo } from '@gatehouse/standalone/start-demo'
import { sharedDatabase, waitFor } from '@gatehouse/testkit'

/** What of `demo.json` clients need. */
export interface Demo {
  readonly console: string
  readonly operator_token: string
  readonly path: string
  readonly issuer: string
  readonly resource: string
  readonly client_id: string
  readonly client_secret: string
  readonly username: string
  readonly password: string
}

const services = ['CREDENTIAL', 'POLICY', 'TOKEN', 'AUDIT', 'GATEWAY', 'CONSOLE']

/** The product with its demo in this process, and what makes further clients of it. */
export async function startSystem(extra: NodeJS.ProcessEnv = {}) {
  await using opened = new AsyncDisposableStack()
  const dataDir = await mkdtemp(join(tmpdir(), 'gatehouse-conformance-'))
  opened.defer(() => rm(dataDir, { recursive: true, force: true }))
  const log: string[] = []
  const environment: NodeJS.ProcessEnv = {
    GATEHOUSE_POSTGRES_URL: await sharedDatabase(),
    GATEHOUSE_NODE: 'gw',
    // A slow machine is no failure.
    GATEHOUSE_POSITION_WAIT_MS: '10000',
  }
  for (const service of services) {
    environment[`GATEHOUSE_${service}_ADDRESS`] = '127.0.0.1:0'
    environment[`GATEHOUSE_${service}_OPS_PORT`] = '0'
  }
  const logger = (service: string) => createLogger(service, { write: (line: string) => log.push(line) })
  const embedded = await startEmbedded({ dataDir, environment: { ...environment, ...extra }, logger })
  opened.defer(() => embedded.close())
  const { addresses } = embedded
  const started = await startDemo({ dataDir, addresses, upstreamPort: 0 })
  opened.defer(() => started.close())
  const tls = await devCertificates(dataDir, 'console')
  const credential = createClient(CredentialServiceClient, { address: addresses.credential, tls, peer: 'credential' })
  opened.defer(async () => credential.close())
  const policy = createClient(PolicyServiceClient, { address: addresses.policy, tls, peer: 'policy' })
  opened.defer(async () => policy.close())
  const admin = createClient(TokenAdminServiceClient, { address: addresses.token, tls, peer: 'token' })
  opened.defer(async () => admin.close())
  const demo = JSON.parse(await readFile(join(dataDir, 'demo.json'), 'utf8')) as Demo
  await waitFor(() => signs(demo.issuer), { what: 'the issuer has a key' })
  const closing = opened.move()
  return {
    ...{ dataDir, addresses, log, tls, demo, credential, policy, admin },
    /** A copy of the demo's API under another name, whose tokens are made in another way. */
    publish: (apiId: string, tokens: Partial<TokenSettings>) => publish(policy, apiId, tokens),
    subscribe: (clientId: string, apiId: string, scopes = allScopes) => subscribe(credential, clientId, apiId, scopes),
    register: (asked: AskedClient) => known(demo.issuer, register(credential, asked)),
    close: () => closing.disposeAsync(),
  }
}

export type System = Awaited<ReturnType<typeof startSystem>>

export interface AskedClient {
  readonly method: keyof typeof methods
  readonly grantTypes: readonly string[]
  readonly redirectUris?: readonly string[]
  readonly more?: Partial<ClientRegistration>
}

const methods = {
  none: ClientAuthenticationMethod.CLIENT_AUTHENTICATION_METHOD_NONE,
  client_secret_basic: ClientAuthenticationMethod.CLIENT_AUTHENTICATION_METHOD_CLIENT_SECRET_BASIC,
  client_secret_post: ClientAuthenticationMethod.CLIENT_AUTHENTICATION_METHOD_CLIENT_SECRET_POST,
  private_key_jwt: ClientAuthenticationMethod.CLIENT_AUTHENTICATION_METHOD_PRIVATE_KEY_JWT,
  tls_client_auth: ClientAuthenticationMethod.CLIENT_AUTHENTICATION_METHOD_TLS_CLIENT_AUTH,
  self_signed_tls_client_auth: ClientAuthenticationMethod.CLIENT_AUTHENTICATION_METHOD_SELF_SIGNED_TLS_CLIENT_AUTH,
} as const

type Credential = ReturnType<typeof createClient<typeof CredentialServiceClient.service>>

/** A client that is entitled to the demo's API, with a secret where it has need of one, at a position of the log. */
export async function register(credential: Credential, { method, grantTypes, redirectUris = [], more }: AskedClient) {
  const registration = {
    ...ClientRegistration.create(),
    ...{ tokenEndpointAuthMethod: methods[method], grantTypes, redirectUris, ...more },
  }
  const asked = { environmentId: 'alpha', clientId: '', displayName: `A client with ${method}`, registration }
  const { client } = await credential.registerClient({ requestId: requestId(), ...asked })
  const clientId = client?.clientId ?? ''
  const subscribed = await subscribe(credential, clientId, 'orders')
  if (!method.startsWith('client_secret')) return { clientId, secret: '', position: subscribed.position }
  const issued = await credential.issueClientSecret({
    ...{ requestId: requestId(), clientId, displayName: 'test', expireTime: undefined },
  })
  return { clientId, secret: issued.clientSecretText, position: issued.position }
}

/** Resolves when the authorization server knows the client as well as its operator does. */
async function known<Client extends { readonly position: bigint }>(issuer: string, registering: Promise<Client>) {
  const client = await registering
  const headers = { 'x-gatehouse-position': `credential:${client.position}` }
  const body = new URLSearchParams({ grant_type: 'client_credentials' })
  await (await fetch(`${issuer}/oauth2/v2/token`, { method: 'POST', headers, body })).body?.cancel()
  return client
}

const requestId = () => crypto.randomUUID()
const allScopes: readonly string[] = ['orders:read', 'orders:write']

async function subscribe(credential: Credential, clientId: string, apiId: string, scopes = allScopes) {
  const order = { clientId, apiId, planId: 'trial', operations: [], scopes }
  const { subscription } = await credential.createSubscription({ requestId: requestId(), ...order })
  const subscriptionId = subscription?.subscriptionId ?? ''
  const request = { requestId: requestId(), expectedVersion: undefined, subscriptionId }
  const { position } = await credential.activateSubscription(request)
  return { subscriptionId, position }
}

async function publish(
  policy: ReturnType<typeof createClient<typeof PolicyServiceClient.service>>,
  apiId: string,
  tokens: Partial<TokenSettings>,
): Promise<void> {
  const { api } = await policy.getApi({ environmentId: 'alpha', apiId: 'orders' })
  if (!api) throw new Error('the demo has no API')
  const settings = { ...TokenSettings.create(), ...api.tokens, ...tokens }
  const copy = { ...api, apiId, tokens: settings, version: 0n }
  await policy.putApi({ requestId: requestId(), expectedVersion: undefined, api: copy })
}

async function signs(issuer: string): Promise<boolean> {
  const { keys } = (await (await fetch(`${issuer}/.well-known/jwks`)).json()) as { keys: unknown[] }
  return keys.length > 0
}
