import { mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startDemo } from '@gatehouse/standalone/start-demo'
import {
  freePort,
  type KafkaCluster,
  type PostgresServer,
  type RedisServer,
  type Servers,
  startServers,
} from '@gatehouse/testkit'
import { manage } from '../e2e/client.ts'
import { type Demo, freeAddresses } from '../e2e/system.ts'
import { createLinks, type LinkName, type Links } from './links.ts'
import { type Member, member } from './member.ts'
import { startUpstream, type Upstream } from './upstream.ts'

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
  /** Of the first gateway and the services, without links. */
  readonly environment: NodeJS.ProcessEnv
  readonly postgres: PostgresServer
  readonly redis: RedisServer
  readonly kafka: KafkaCluster
  /** Undefined where nothing but the servers and the processes can be hurt. */
  readonly links: Links['named'] | undefined
  /** Of the demo's API, in an installation with links. */
  readonly upstream: Upstream | undefined
}

export interface InstallationOptions {
  /** Further settings of every service. */
  readonly settings?: NodeJS.ProcessEnv
  /** Further settings of the second gateway. */
  readonly secondSettings?: NodeJS.ProcessEnv
  /** Called before the services start; what it answers is called when they are gone. */
  readonly prepare?: (dataDir: string) => Promise<() => Promise<unknown>>
  /** Default 1. */
  readonly brokers?: 1 | 3
  /** Proxies in every link, and an upstream that counts. */
  readonly linked?: boolean
}

export async function startInstallation(options: InstallationOptions = {}): Promise<Installation> {
  await using opened = new AsyncDisposableStack()
  const installation = await open(options, opened)
  const closing = opened.move()
  return { ...installation, [Symbol.asyncDispose]: () => closing.disposeAsync() }
}

async function open(options: InstallationOptions, opened: AsyncDisposableStack) {
  const dataDir = await mkdtemp(join(tmpdir(), 'gatehouse-faults-'))
  opened.defer(() => rm(dataDir, { recursive: true, force: true }))
  const links = options.linked ? opened.use(createLinks()) : undefined
  const brokers = options.brokers ?? 1
  const servers = opened.use(await startServers({ kafka: { brokers, ...(await links?.kafka(brokers)) } }))
  const environment = await environmentOf(dataDir, servers, options)
  await mkdir(join(dataDir, 'tls'), { mode: 0o700 })
  const logs = join(dataDir, 'logs')
  await mkdir(logs)
  const second = { ...(await furtherGateway(environment, 'gateway-2')), ...options.secondSettings }
  const release = await options.prepare?.(dataDir)
  opened.defer(async () => void (await release?.()))
  const members: Partial<Record<MemberName, Member>> = {}
  for (const name of memberNames) {
    const settings = name === 'gateway-2' ? second : await linkedTo(links, name, environment)
    members[name] = createMember(name, settings, logs)
  }
  opened.defer(() => Promise.all(Object.values(members).map((each) => each.kill())).then(() => {}))
  await Promise.all(Object.values(members).map((each) => each.start()))
  const { demo, close } = await describeDemo(dataDir, environment)
  opened.defer(close)
  const upstream = links && opened.use(await startUpstream())
  if (upstream) await leadTo(demo, await links.through('gateway-upstream', upstream.url))
  const base = async (name: 'client-gateway' | 'client-gateway-2', of: NodeJS.ProcessEnv) => {
    const url = `http://${of['GATEHOUSE_GATEWAY_ADDRESS']}`
    return links ? new URL(await links.through(name, url)).origin : url
  }
  return {
    ...{ demo, dataDir, logs, environment, links: links?.named, upstream },
    ...{ postgres: servers.postgres, redis: servers.redis, kafka: servers.kafka },
    members: members as Record<MemberName, Member>,
    gateways: {
      gateway: await base('client-gateway', environment),
      'gateway-2': await base('client-gateway-2', second),
    },
  }
}

async function environmentOf(
  dataDir: string,
  { postgres, redis, kafka }: Servers,
  { settings }: InstallationOptions,
): Promise<NodeJS.ProcessEnv> {
  return {
    ...process.env,
    ...(await freeAddresses()),
    GATEHOUSE_LOG_LEVEL: 'info',
    GATEHOUSE_DATA_DIR: dataDir,
    GATEHOUSE_NODE: 'gateway-1',
    GATEHOUSE_POSTGRES_URL: postgres.url,
    GATEHOUSE_REDIS_URL: redis.url,
    GATEHOUSE_KAFKA_BROKERS: kafka.brokers.join(','),
    ...settings,
  }
}

/** What each process reaches through a link: the variable that names it. */
const linked: Readonly<Partial<Record<MemberName, Readonly<Record<string, Exclude<LinkName, 'kafka'>>>>>> = {
  credential: { GATEHOUSE_POSTGRES_URL: 'credential-postgres' },
  policy: { GATEHOUSE_POSTGRES_URL: 'policy-postgres' },
  token: { GATEHOUSE_POSTGRES_URL: 'token-postgres' },
  audit: { GATEHOUSE_POSTGRES_URL: 'audit-postgres' },
  console: { GATEHOUSE_CREDENTIAL_ADDRESS: 'console-credential' },
  gateway: {
    GATEHOUSE_REDIS_URL: 'gateway-redis',
    GATEHOUSE_CREDENTIAL_ADDRESS: 'gateway-credential',
    GATEHOUSE_POLICY_ADDRESS: 'gateway-policy',
    GATEHOUSE_TOKEN_ADDRESS: 'gateway-token',
  },
}

async function linkedTo(
  links: Links | undefined,
  name: MemberName,
  environment: NodeJS.ProcessEnv,
): Promise<NodeJS.ProcessEnv> {
  const settings = { ...environment }
  if (!links) return settings
  for (const [variable, link] of Object.entries(linked[name] ?? {}))
    settings[variable] = await links.through(link, environment[variable] ?? '')
  return settings
}

async function describeDemo(dataDir: string, environment: NodeJS.ProcessEnv) {
  const address = (name: string) => environment[`GATEHOUSE_${name}_ADDRESS`] ?? ''
  const [credential, policy, token] = [address('CREDENTIAL'), address('POLICY'), address('TOKEN')]
  const addresses = { credential, policy, token, gateway: address('GATEWAY'), console: address('CONSOLE') }
  const { close } = await startDemo({ dataDir, addresses, upstreamPort: 0 })
  return { close, demo: JSON.parse(await readFile(join(dataDir, 'demo.json'), 'utf8')) as Demo }
}

async function leadTo(demo: Demo, upstream: string): Promise<void> {
  const path = `/v1/environments/${demo.environment}/apis/${demo.api}`
  const { api } = await manage<{ api: object }>({ demo }, 'GET', path)
  // Shorter than clients wait: an upstream that is silent is the gateway's to tell.
  const forwarding = { response_timeout: '5s' }
  await manage({ demo }, 'PUT', path, publishable({ ...api, upstreams: [new URL(upstream).origin], forwarding }))
}

/** An API as it is read, as it may be written. */
export function publishable(api: object): object {
  const { environment_id, api_id, state, version, ...settings } = api as Record<string, unknown>
  return settings
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
