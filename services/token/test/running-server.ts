import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ClientRegistration } from '@gatehouse/contracts/credential/v1/client_registration'
import { TokenAdminServiceClient } from '@gatehouse/contracts/token/v1/token_admin_service'
import { Endpoint } from '@gatehouse/contracts/token/v1/token_service'
import { encodeBase32 } from '@gatehouse/credential-format'
import { createTestLogs } from '@gatehouse/decision-state/testing'
import { createClient, createLogger, devCertificates } from '@gatehouse/grpc-service'
import { freePort, waitFor } from '@gatehouse/testkit'
import { afterAll, beforeAll } from 'vitest'
import { type RunningTokenService, readConfig, startToken } from '../src/service.ts'
import { confidentialIn, type GivenClient, publicIn, publishAlpha, registerIn, serveLog } from './other-services.ts'
import { spawnInstance } from './spawned-instance.ts'

export type GivenServer = ReturnType<typeof authorizationServerOn>

const registrations = { public: publicIn, confidential: confidentialIn }

/**
 * A whole token service on a real Postgres for the tests of the file that imports this: with the environment `alpha`, its
 * APIs `orders` and `billing`, and the logs of the other services served by gRPC.
 * @param settings further ones
 */
export function authorizationServerOn(
  database: () => Promise<string>,
  settings: () => Promise<NodeJS.ProcessEnv> = async () => ({}),
) {
  const closing = new AsyncDisposableStack()
  const logs = createTestLogs()
  const given: NodeJS.ProcessEnv = {}
  const probe = confidentialIn(logs, 'probe')
  let dataDir = ''
  let postgresUrl = ''
  let service: RunningTokenService | undefined

  const environment = (address: string) => ({
    ...{ GATEHOUSE_DATA_DIR: dataDir, GATEHOUSE_POSTGRES_URL: postgresUrl, GATEHOUSE_TOKEN_ADDRESS: address },
    ...{ GATEHOUSE_NODE: `test-${encodeBase32(randomBytes(5))}`, GATEHOUSE_TOKEN_OPS_PORT: '0' },
    ...{ GATEHOUSE_JWKS_CACHE_SECONDS: '0', ...given },
  })
  async function start(address = '127.0.0.1:0'): Promise<RunningTokenService> {
    const config = readConfig(environment(address))
    const started = await startToken(config, { logger: createLogger('token', { write: () => undefined }) })
    closing.defer(() => started.close())
    await waitFor(() => signs(started, probe), { what: 'a key signs', timeoutMs: 20_000, intervalMs: 100 })
    return started
  }

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'token-'))
    closing.defer(() => rm(dataDir, { recursive: true }))
    postgresUrl = await database()
    Object.assign(given, await settings())
    publishAlpha(logs.policy)
    for (const name of ['credential', 'policy'] as const) {
      const served = await serveLog(name, logs[name], dataDir)
      given[`GATEHOUSE_${name.toUpperCase()}_ADDRESS`] = served.address
      closing.defer(() => served.close())
    }
    service = await start()
  })
  afterAll(() => closing.disposeAsync())

  const running = (): RunningTokenService => {
    if (!service) throw new Error('only inside tests')
    return service
  }
  return {
    logs,
    get service() {
      return running()
    },
    get postgresUrl() {
      return postgresUrl
    },
    /** Another instance on the same database. */
    another: () => start(),
    /** One that is a process of its own, to be killed. */
    spawn: async () => spawnInstance(environment(`127.0.0.1:${await freePort()}`)),
    /** Ends the instance and starts it anew, at the same address. */
    async restart() {
      const { address } = running()
      await running().close()
      service = await start(address)
    },
    /** Resolves when the instance has all that the credential log has by now. */
    followed: () => followed(running(), (clientId) => registerIn(logs.credential, clientId, {})),
    async client(
      kind: 'public' | 'confidential',
      registration: Partial<ClientRegistration> = {},
    ): Promise<GivenClient> {
      const client = registrations[kind](logs, `${kind}-${encodeBase32(randomBytes(5))}`, registration)
      await followed(running(), (clientId) => registerIn(logs.credential, clientId, {}))
      return client
    },
    /** What operators may ask, by gRPC. */
    async operators() {
      const tls = await devCertificates(dataDir, 'console')
      const client = createClient(TokenAdminServiceClient, { address: running().address, tls, peer: 'token' })
      closing.defer(() => client.close())
      return client
    },
  }
}

/** Whether the instance knows its policy and clients, and has a key. */
async function signs({ calls }: RunningTokenService, { authorization }: GivenClient): Promise<boolean> {
  const endpoint = Endpoint.fromPartial({ environmentId: 'alpha', authorization })
  const parameters = [{ name: 'grant_type', value: 'client_credentials' }]
  return (await calls.issueToken({ endpoint, parameters })).result?.$case === 'issued'
}

async function followed({ calls }: RunningTokenService, register: (clientId: string) => void): Promise<void> {
  const marker = `marker-${encodeBase32(randomBytes(5))}`
  register(marker)
  const endpoint = Endpoint.fromPartial({ environmentId: 'alpha' })
  const parameters = [{ name: 'client_id', value: marker }]
  const known = async () => (await calls.pushAuthorization({ endpoint, parameters })).facts?.reason !== 'client_unknown'
  await waitFor(known, { what: 'the credential log is followed', timeoutMs: 5000 })
}
