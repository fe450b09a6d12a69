import { mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startDemo } from '@gatehouse/standalone/start-demo'
import { freePort, type KafkaCluster, type PostgresServer, type RedisServer, startServers } from '@gatehouse/testkit'
import { type Demo, freeAddresses } from '../e2e/system.ts'
import { type Member, member } from './member.ts'

// Faults are done to servers of our own, whichever the environment names for other tests.
for (const name of ['GATEHOUSE_POSTGRES_URL', 'GATEHOUSE_REDIS_URL', 'GATEHOUSE_KAFKA_BROKERS'])
  delete process.env[name]

export const memberNames = ['credential', 'policy', 'token', 'audit', 'console', 'gateway', 'gateway-2'] as const
export type MemberName = (typeof memberNames)[number]

/** The distributed product on servers of its own: every service its own process, and two gateways. */
export interface Installation extends AsyncDisposable {
  readonly demo: Demo
  readonly dataDir: string
  readonly logs: string
  readonly members: Readonly<Record<MemberName, Member>>
  /** Base URLs of the two gateways, by their names. */
  readonly gateways: Readonly<Record<'gateway' | 'gateway-2', string>>
  readonly environment: NodeJS.ProcessEnv
  readonly postgres: PostgresServer
  readonly redis: RedisServer
  readonly kafka: KafkaCluster
}

export interface InstallationOptions {
  /** Further settings of every service. */
  readonly settings?: NodeJS.ProcessEnv
  /** Further settings of the second gateway. */
  readonly secondSettings?: NodeJS.ProcessEnv
  /** Called before the services start; what it answers is called when they are gone. */
  readonly prepare?: (dataDir: string) => Promise<() => Promise<unknown>>
}

export async function startInstallation(options: InstallationOptions = {}): Promise<Installation> {
  const closing: (() => Promise<unknown>)[] = []
  const close = async () => {
    for (const end of closing.splice(0).reverse()) await end()
  }
  try {
    return { ...(await open(options, closing)), [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}

async function open(options: InstallationOptions, closing: (() => Promise<unknown>)[]) {
  const dataDir = await mkdtemp(join(tmpdir(), 'gatehouse-faults-'))
  closing.push(() => rm(dataDir, { recursive: true, force: true }))
  const servers = await startServers()
  closing.push(() => servers.stop())
  const { postgres, redis, kafka } = servers
  const environment: NodeJS.ProcessEnv = {
    ...process.env,
    ...(await freeAddresses()),
    GATEHOUSE_LOG_LEVEL: 'info',
    GATEHOUSE_DATA_DIR: dataDir,
    GATEHOUSE_NODE: 'gateway-1',
    GATEHOUSE_POSTGRES_URL: postgres.url,
    GATEHOUSE_REDIS_URL: redis.url,
    GATEHOUSE_KAFKA_BROKERS: kafka.brokers.join(','),
    ...options.settings,
  }
  await mkdir(join(dataDir, 'tls'), { mode: 0o700 })
  const logs = join(dataDir, 'logs')
  await mkdir(logs)
  const second = { ...(await furtherGateway(environment, 'gateway-2')), ...options.secondSettings }
  closing.push((await options.prepare?.(dataDir)) ?? (async () => {}))
  const members = Object.fromEntries(
    memberNames.map((name) => [name, createMember(name, name === 'gateway-2' ? second : environment, logs)]),
  ) as Record<MemberName, Member>
  closing.push(() => Promise.all(Object.values(members).map((each) => each.kill())))
  await Promise.all(Object.values(members).map((each) => each.start()))
  const address = (name: string, of = environment) => of[`GATEHOUSE_${name}_ADDRESS`] ?? ''
  const [credential, policy, token] = [address('CREDENTIAL'), address('POLICY'), address('TOKEN')]
  const addresses = { credential, policy, token, gateway: address('GATEWAY'), console: address('CONSOLE') }
  const running = await startDemo({ dataDir, addresses, upstreamPort: 0 })
  closing.push(() => running.close())
  const demo = JSON.parse(await readFile(join(dataDir, 'demo.json'), 'utf8')) as Demo
  const gateways = { gateway: `http://${address('GATEWAY')}`, 'gateway-2': `http://${address('GATEWAY', second)}` }
  return { demo, dataDir, logs, members, gateways, environment, postgres, redis, kafka }
}

/** The settings of one more gateway: its own node, port and data; the same authority, as in any one installation. */
export async function furtherGateway(environment: NodeJS.ProcessEnv, node: string): Promise<NodeJS.ProcessEnv> {
  const shared = environment['GATEHOUSE_DATA_DIR'] ?? ''
  const own = join(shared, node)
  await mkdir(own)
  await symlink(join(shared, 'tls'), join(own, 'tls'))
  return {
    ...environment,
    GATEHOUSE_DATA_DIR: own,
    GATEHOUSE_NODE: node,
    GATEHOUSE_GATEWAY_ADDRESS: `127.0.0.1:${await freePort()}`,
    GATEHOUSE_GATEWAY_OPS_PORT: String(await freePort()),
  }
}

export function createMember(name: string, environment: NodeJS.ProcessEnv, logs: string): Member {
  const service = name.startsWith('gateway') ? 'gateway' : name
  const ops = `127.0.0.1:${environment[`GATEHOUSE_${service.toUpperCase()}_OPS_PORT`]}`
  return member({ name: service, environment, ops, logFile: join(logs, `${name}.log`) })
}
