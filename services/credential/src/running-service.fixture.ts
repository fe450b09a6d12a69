import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CredentialServiceClient } from '@gatehouse/contracts/credential/v1/credential_service'
import { SubscriptionState } from '@gatehouse/contracts/credential/v1/subscription'
import { EventLogServiceClient } from '@gatehouse/contracts/event_log/v1/event_log_service'
import { createClient, createLogger, devCertificates } from '@gatehouse/grpc-service'
import { afterAll, beforeAll, expect } from 'vitest'
import { type RunningCredentialService, readConfig, startCredential } from './service.ts'

// A real service on a real Postgres, for the test file that imports this, with the clients that services have.

export let dataDir: string
export let postgresUrl: string
export let service: RunningCredentialService
export let logLines = ''
const closers: (() => void)[] = []
/** Every plaintext key of this run: none of them may be found anywhere. */
export const secrets: string[] = []

/** Starts the service, again, on the same database. */
export async function start(more: NodeJS.ProcessEnv = {}): Promise<void> {
  const config = readConfig({
    GATEHOUSE_DATA_DIR: dataDir,
    GATEHOUSE_POSTGRES_URL: postgresUrl,
    GATEHOUSE_CREDENTIAL_ADDRESS: '127.0.0.1:0',
    GATEHOUSE_CREDENTIAL_OPS_PORT: '0',
    ...more,
  })
  const write = (line: string) => {
    logLines += line
  }
  service = await startCredential(config, { logger: createLogger('credential', { write }) })
  ;({ credential: console, log } = await as('console'))
}

export async function as(name: string) {
  const tls = await devCertificates(dataDir, name)
  const settings = { address: service.address, tls, peer: 'credential' }
  const clients = {
    credential: createClient(CredentialServiceClient, settings),
    log: createClient(EventLogServiceClient, settings),
  }
  closers.push(clients.credential.close, clients.log.close)
  return clients
}

export let console: Awaited<ReturnType<typeof as>>['credential']
export let log: Awaited<ReturnType<typeof as>>['log']

/** Runs a service on a database for the tests of this file. */
export function serveOn(database: () => Promise<string>): void {
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'credential-'))
    postgresUrl = await database()
    await start()
  })
  afterAll(async () => {
    for (const close of closers) close()
    await service.close()
    await rm(dataDir, { recursive: true })
  })
}

export const id = () => randomUUID().slice(0, 8)
export const refused = (status: string, reason: string) => expect.objectContaining({ status, reason })

export function remember(secret: string): string {
  expect(secret).toMatch(/^gh_alpha_/)
  secrets.push(secret)
  return secret
}

export async function subscribed() {
  const clientId = `client-${id()}`
  const named = { environmentId: 'alpha', clientId, displayName: 'Acme', registration: undefined }
  await console.registerClient({ requestId: id(), ...named })
  const order = { clientId, apiId: 'orders', planId: 'gold', operations: [], scopes: ['orders.read'] }
  const { subscription } = await console.createSubscription({ requestId: id(), ...order })
  expect(subscription).toMatchObject({ state: SubscriptionState.SUBSCRIPTION_STATE_PENDING, version: 1n })
  const subscriptionId = subscription?.subscriptionId ?? ''
  const activated = await console.activateSubscription({ requestId: id(), subscriptionId, expectedVersion: 1n })
  remember(activated.apiKeySecret)
  return { clientId, subscriptionId, activated }
}

export async function issued(subscriptionId: string) {
  const newKey = { subscriptionId, displayName: 'CI', restrictions: undefined, expireTime: undefined }
  const answer = await console.issueApiKey({ requestId: id(), ...newKey })
  remember(answer.apiKeySecret)
  return { ...answer, apiKeyId: answer.apiKey?.apiKeyId ?? '' }
}

export const revoke = (apiKeyId: string, requestId: string = id(), expectedVersion?: bigint) =>
  console.revokeApiKey({ requestId, apiKeyId, reason: 'leaked', expectedVersion })
