import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { readConfig as auditConfig, startAudit } from '@gatehouse/audit'
import { readConfig as consoleConfig, startConsole } from '@gatehouse/console'
import { readConfig as credentialConfig, startCredential } from '@gatehouse/credential'
import { readConfig as gatewayConfig, startGateway } from '@gatehouse/gateway'
import { ConfigurationError, type Logger } from '@gatehouse/grpc-service'
import { readConfig as policyConfig, startPolicy } from '@gatehouse/policy'
import { createMemoryModel } from '@gatehouse/read-model'
import { startToken, readConfig as tokenConfig } from '@gatehouse/token'
import { withFixedPorts } from './fixed-ports.ts'
import { startEmbeddedPostgres } from './postgres.ts'

export interface EmbeddedOptions {
  /** Absolute. */
  readonly dataDir: string
  /** Settings of every service, over the defaults of embedded mode. */
  readonly environment: NodeJS.ProcessEnv
  readonly logger: (service: string) => Logger
}

export interface Embedded {
  /** `host:port` of each server, as bound. */
  readonly addresses: Readonly<Record<'credential' | 'policy' | 'token' | 'audit' | 'gateway' | 'console', string>>
  /** Drains and stops everything, what others depend on last. */
  close(): Promise<void>
}

/**
 * Starts every service in this process, on a Postgres that it brings itself unless GATEHOUSE_POSTGRES_URL names one.
 * Events come by the pull path, the read model is memory, records go to the audit service by gRPC.
 * @throws ConfigurationError for a wrong setting, a port in use, a data directory in use
 */
export async function startEmbedded({ dataDir, environment, logger }: EmbeddedOptions): Promise<Embedded> {
  const env = await withFixedPorts({ ...environment, GATEHOUSE_DATA_DIR: dataDir })
  checkSettings(env)
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  // Closed in the reverse order of opening, also when a later one does not open.
  await using opened = new AsyncDisposableStack()
  async function start<Running extends { close(): Promise<unknown> }>(starting: Promise<Running>): Promise<Running> {
    const running = await starting
    opened.defer(async () => void (await running.close()))
    return running
  }
  if (!env['GATEHOUSE_POSTGRES_URL']) {
    const postgres = await startEmbeddedPostgres({ directory: join(dataDir, 'postgres') })
    opened.defer(() => postgres.stop())
    env['GATEHOUSE_POSTGRES_URL'] = postgres.url
  }
  const credential = await start(startCredential(credentialConfig(env), { logger: logger('credential') }))
  const audit = await start(startAudit(auditConfig(env), { logger: logger('audit') }))
  // One for all of them: of a large log neither the time nor the memory is spent three times.
  const model = env['GATEHOUSE_REDIS_URL'] ? undefined : createMemoryModel()
  opened.defer(async () => model?.close())
  const policy = await start(startPolicy(policyConfig(env), { logger: logger('policy'), model }))
  const token = await start(startToken(tokenConfig(env), { logger: logger('token'), model }))
  // What a request needs of services in this process is a call: gRPC and TLS to itself would cost more than the work.
  const logs = { credential: credential.log, policy: policy.log, token: token.log }
  const gateway = await start(
    startGateway(gatewayConfig(env), {
      ...{ logger: logger('gateway'), tokenCalls: token.calls, logs, model },
      auditSink: { prepare: (records) => () => audit.ingest(records) },
    }),
  )
  const console = await start(startConsole(consoleConfig(env), { logger: logger('console') }))
  const closing = opened.move()
  return {
    addresses: {
      credential: credential.address,
      policy: policy.address,
      token: token.address,
      audit: audit.address,
      gateway: gateway.address,
      console: console.address,
    },
    close: () => closing.disposeAsync(),
  }
}

/** The wrong settings of all services are told before anything is started. */
function checkSettings(env: NodeJS.ProcessEnv): void {
  const complete = { ...env, GATEHOUSE_POSTGRES_URL: env['GATEHOUSE_POSTGRES_URL'] || 'postgres://own' }
  const wrong = new Set<string>()
  for (const read of [credentialConfig, auditConfig, policyConfig, tokenConfig, gatewayConfig, consoleConfig])
    try {
      read(complete)
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error
      for (const problem of error.problems) wrong.add(problem)
    }
  if (wrong.size > 0) throw new ConfigurationError(...wrong)
}
