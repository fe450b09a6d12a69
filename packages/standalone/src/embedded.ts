import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { readConfig as auditConfig, startAudit } from '@gatehouse/audit'
import { readConfig as consoleConfig, startConsole } from '@gatehouse/console'
import { readConfig as credentialConfig, startCredential } from '@gatehouse/credential'
import { readConfig as gatewayConfig, startGateway } from '@gatehouse/gateway'
import { type Logger, readEnv, serviceVariables } from '@gatehouse/grpc-service'
import { readConfig as policyConfig, startPolicy } from '@gatehouse/policy'
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
  readonly addresses: Readonly<Record<'credential' | 'policy' | 'audit' | 'gateway' | 'console', string>>
  /** Drains and stops everything, what others depend on last. */
  close(): Promise<void>
}

/**
 * Starts every service in this process, on a Postgres that it brings itself unless GATEHOUSE_POSTGRES_URL names one.
 * Events come by the pull path, the read model is memory, records go to the audit service by gRPC.
 * @throws ConfigurationError for a wrong setting, a port in use, a data directory in use
 */
export async function startEmbedded({ dataDir, environment, logger }: EmbeddedOptions): Promise<Embedded> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const closing: (() => Promise<unknown>)[] = []
  const close = async () => {
    for (const end of closing.splice(0).reverse()) await end()
  }
  const env: NodeJS.ProcessEnv = { ...environment, GATEHOUSE_DATA_DIR: dataDir }
  readEnv(serviceVariables, env)
  async function start<Running extends { close(): Promise<unknown> }>(starting: Promise<Running>): Promise<Running> {
    const running = await starting
    closing.push(() => running.close())
    return running
  }
  try {
    if (!env['GATEHOUSE_POSTGRES_URL']) env['GATEHOUSE_POSTGRES_URL'] = await ownPostgres(dataDir, closing)
    const credential = await start(startCredential(credentialConfig(env), { logger: logger('credential') }))
    env['GATEHOUSE_CREDENTIAL_ADDRESS'] = credential.address
    const audit = await start(startAudit(auditConfig(env), { logger: logger('audit') }))
    env['GATEHOUSE_AUDIT_ADDRESS'] = audit.address
    const policy = await start(startPolicy(policyConfig(env), { logger: logger('policy') }))
    env['GATEHOUSE_POLICY_ADDRESS'] = policy.address
    const gateway = await start(startGateway(gatewayConfig(env), { logger: logger('gateway') }))
    const console = await start(startConsole(consoleConfig(env), { logger: logger('console') }))
    const addresses = {
      credential: credential.address,
      policy: policy.address,
      audit: audit.address,
      gateway: gateway.address,
      console: console.address,
    }
    return { addresses, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function ownPostgres(dataDir: string, closing: (() => Promise<unknown>)[]): Promise<string> {
  const postgres = await startEmbeddedPostgres({ directory: join(dataDir, 'postgres') })
  closing.push(() => postgres.stop())
  return postgres.url
}
