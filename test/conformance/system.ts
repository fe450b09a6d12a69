import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClientAuthenticationMethod, ClientRegistration } from '@gatehouse/contracts/credential/v1/client_registration'
import { CredentialServiceClient } from '@gatehouse/contracts/credential/v1/credential_service'
import { createClient, createLogger, devCertificates } from '@gatehouse/grpc-service'
import { startEmbedded } from '@gatehouse/standalone/embedded'
import { startDemo } from '@gatehouse/standalone/start-demo'
import { sharedDatabase, waitFor } from '@gatehouse/testkit'

/** What of `demo.json` clients need. */
export interface Demo {
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
  const environment: NodeJS.ProcessEnv = { GATEHOUSE_POSTGRES_URL: await sharedDatabase(), GATEHOUSE_NODE: 'gw' }
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
  const demo = JSON.parse(await readFile(join(dataDir, 'demo.json'), 'utf8')) as Demo
  await waitFor(() => signs(demo.issuer), { what: 'the issuer has a key' })
  const closing = opened.move()
  return {
    ...{ addresses, log, tls, demo },
    register: (asked: AskedClient) => register(credential, asked),
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
} as const

type Credential = ReturnType<typeof createClient<typeof CredentialServiceClient.service>>

/** A client that is entitled to the demo's API, with a secret where it has need of one. */
async function register(credential: Credential, { method, grantTypes, redirectUris = [], more }: AskedClient) {
  const requestId = () => crypto.randomUUID()
  const registration = {
    ...ClientRegistration.create(),
    ...{ tokenEndpointAuthMethod: methods[method], grantTypes, redirectUris, ...more },
  }
  const asked = { environmentId: 'alpha', clientId: '', displayName: `A client with ${method}`, registration }
  const { client } = await credential.registerClient({ requestId: requestId(), ...asked })
  const clientId = client?.clientId ?? ''
  const entitlement = { apiId: 'orders', planId: 'trial', operations: [], scopes: ['orders:read', 'orders:write'] }
  const { subscription } = await credential.createSubscription({ requestId: requestId(), clientId, ...entitlement })
  const subscriptionId = subscription?.subscriptionId ?? ''
  await credential.activateSubscription({ requestId: requestId(), expectedVersion: undefined, subscriptionId })
  if (!method.startsWith('client_secret')) return { clientId, secret: '' }
  const issued = await credential.issueClientSecret({
    ...{ requestId: requestId(), clientId, displayName: 'test', expireTime: undefined },
  })
  return { clientId, secret: issued.clientSecretText }
}

async function signs(issuer: string): Promise<boolean> {
  const { keys } = (await (await fetch(`${issuer}/.well-known/jwks`)).json()) as { keys: unknown[] }
  return keys.length > 0
}
