import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { readConfig as consoleConfig } from '@gatehouse/console'
import { readConfig as gatewayConfig } from '@gatehouse/gateway'
import { runMain } from '@gatehouse/grpc-service'
import { startKafka, startRedis } from '@gatehouse/testkit'
import { startDemo } from './demo/start-demo.ts'
import { startEmbeddedPostgres } from './postgres.ts'
import { startServiceProcess } from './service-process.ts'
import { asConfigurationError, dataDirectory } from './settings.ts'

/** In the order of starting; a service is ready before the next one starts. */
const services = [
  { name: 'credential', opsPort: 9101, opsVariable: 'GATEHOUSE_CREDENTIAL_OPS_PORT' },
  { name: 'audit', opsPort: 9104, opsVariable: 'GATEHOUSE_AUDIT_OPS_PORT' },
  { name: 'policy', opsPort: 9103, opsVariable: 'GATEHOUSE_POLICY_OPS_PORT' },
  { name: 'token', opsPort: 9102, opsVariable: 'GATEHOUSE_TOKEN_OPS_PORT' },
  { name: 'gateway', opsPort: 9100, opsVariable: 'GATEHOUSE_GATEWAY_OPS_PORT' },
  { name: 'console', opsPort: 9105, opsVariable: 'GATEHOUSE_CONSOLE_OPS_PORT' },
] as const

process.env['GATEHOUSE_LOG_LEVEL'] ??= 'info'

await runMain('gatehouse', async (logger) => {
  logger.level = 'warn'
  const closing: (() => Promise<unknown>)[] = []
  const close = async () => {
    for (const end of closing.splice(0).reverse()) await end()
  }
  try {
    const announcement = await start(closing, (name, code) => {
      process.stderr.write(`gatehouse: the ${name} service ended with exit code ${code}: its log says why\n`)
      void close().finally(() => process.exit(1))
    })
    process.stdout.write(announcement)
    return { close }
  } catch (error) {
    await close()
    throw asConfigurationError(error)
  }
})

async function start(
  closing: (() => Promise<unknown>)[],
  onEnd: (name: string, code: number) => void,
): Promise<string> {
  const dataDir = dataDirectory()
  const logs = join(dataDir, 'logs')
  await mkdir(logs, { recursive: true, mode: 0o700 })
  const own: NodeJS.ProcessEnv = { GATEHOUSE_DATA_DIR: dataDir, ...(await servers(dataDir, closing)) }
  const environment: NodeJS.ProcessEnv = { ...process.env, ...own }
  for (const { name, opsPort, opsVariable } of services) {
    const ops = `${environment['GATEHOUSE_OPS_HOST'] ?? '127.0.0.1'}:${environment[opsVariable] ?? opsPort}`
    const service = await startServiceProcess({ name, environment, ops, logFile: join(logs, `${name}.log`) })
    closing.push(() => service.stop())
    service.onEnd((code) => onEnd(name, code))
  }
  const { credentialAddress, policyAddress, tokenAddress, address } = gatewayConfig(environment)
  const { address: console } = consoleConfig(environment)
  const called = { credential: credentialAddress, policy: policyAddress, token: tokenAddress }
  const addresses = { ...called, gateway: address, console }
  const demo = await startDemo({ dataDir, addresses, upstreamPort: 0 })
  closing.push(demo.close)
  return demo.announcement
}

/** Postgres and Kafka keep their data in the data directory; Redis holds nothing that is not folded again. */
async function servers(dataDir: string, closing: (() => Promise<unknown>)[]): Promise<NodeJS.ProcessEnv> {
  const given = process.env
  const found: NodeJS.ProcessEnv = {}
  if (!given['GATEHOUSE_POSTGRES_URL']) {
    const postgres = await startEmbeddedPostgres({ directory: join(dataDir, 'postgres') })
    closing.push(() => postgres.stop())
    found['GATEHOUSE_POSTGRES_URL'] = postgres.url
  }
  const [redis, kafka] = await Promise.all([startRedis(), startKafka({ directory: join(dataDir, 'kafka') })])
  closing.push(
    () => redis.stop(),
    () => kafka.stop(),
  )
  return { ...found, GATEHOUSE_REDIS_URL: redis.url, GATEHOUSE_KAFKA_BROKERS: kafka.brokers.join(',') }
}
