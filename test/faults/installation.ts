import { mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startDemo } from '@gatehouse/standalone/start-demo'
import { freePort, type KafkaCluster, type PostgresServer, type RedisServer, startServers } from '@gatehouse/testkit'
import { type Demo, freeAddresses } from '../e2e/system.ts'
import { type Member, member } from './member.ts'

export const memberNames = ['credential', 'policy', 'audit', 'console', 'gateway', 'gateway-2'] as const
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

/** @param extra further settings of every service */
export async function startInstallation(extra: NodeJS.ProcessEnv = {}): Promise<Installation> {
  const closing: (() => Promise<unknown>)[] = []
  const close = async () => {
    for (const end of closing.splice(0).reverse()) await end()
  }
  try {
    return { ...(await open(extra, closing)), [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}

async function open(extra: NodeJS.ProcessEnv, closing: (() => Promise<unknown>)[]) {
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
    ...extra,
  }
  const second = await secondGateway(environment, dataDir)
  const logs = join(dataDir, 'logs')
  await mkdir(logs)
  const members = Object.fromEntries(
    memberNames.map((name) => [name, createMember(name, name === 'gateway-2' ? second : environment, logs)]),
  ) as Record<MemberName, Member>
  closing.push(() => Promise.all(Object.values(members).map((each) => each.stop())))
  await Promise.all(Object.values(members).map((each) => each.start()))
  const given = (name: string, from = environment) => from[`GATEHOUSE_${name}_ADDRESS`] ?? ''
  const addresses = {
    ...{ credential: given('CREDENTIAL'), policy: given('POLICY'), gateway: given('GATEWAY') },
    console: given('CONSOLE'),
  }
  const running = await startDemo({ dataDir, addresses, upstreamPort: 0 })
  closing.push(() => running.close())
  const demo = JSON.parse(await readFile(join(dataDir, 'demo.json'), 'utf8')) as Demo
  const gateways = { gateway: `http://${given('GATEWAY')}`, 'gateway-2': `http://${given('GATEWAY', second)}` }
  return { demo, dataDir, logs, members, gateways, environment, postgres, redis, kafka }
}

/** Its own node, port and data; the same authority, as every service has in one installation. */
async function secondGateway(environment: NodeJS.ProcessEnv, dataDir: string): Promise<NodeJS.ProcessEnv> {
  const own = join(dataDir, 'second')
  await mkdir(own)
  await mkdir(join(dataDir, 'tls'), { mode: 0o700 })
  await symlink(join(dataDir, 'tls'), join(own, 'tls'))
  return {
    ...environment,
    GATEHOUSE_DATA_DIR: own,
    GATEHOUSE_NODE: 'gateway-2',
    GATEHOUSE_GATEWAY_ADDRESS: `127.0.0.1:${await freePort()}`,
    GATEHOUSE_GATEWAY_OPS_PORT: String(await freePort()),
  }
}

function createMember(name: MemberName, environment: NodeJS.ProcessEnv, logs: string): Member {
  const service = name === 'gateway-2' ? 'gateway' : name
  const ops = `127.0.0.1:${environment[`GATEHOUSE_${service.toUpperCase()}_OPS_PORT`]}`
  return member({ name: service, environment, ops, logFile: join(logs, `${name}.log`) })
}
