import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLogger } from '@gatehouse/grpc-service'
import { startEmbedded } from '@gatehouse/standalone/embedded'
import { freePort, sharedDatabase, waitFor } from '@gatehouse/testkit'

/** A decision as the management API shows it. */
export interface Decision {
  readonly decision_id: string
  readonly reason: string
  readonly allowed: boolean
  readonly record: Readonly<Record<string, unknown>>
}

export interface IssuedKey {
  readonly key: string
  readonly id: string
  readonly position: string
}

const apiKey = [{ requirements: [{ scheme: 'api_key', scopes: [] }] }]

/** An operation of the management API. */
export function operation(id: string, route: string, more: object = {}): object {
  const [method, path_template] = route.split(' ')
  return { operation_id: id, method, path_template, security: apiKey, ...more }
}

/** Every service in this process on a real Postgres, with an API before an upstream of the test. */
export async function startTestSystem(listener: RequestListener, operations: readonly object[]) {
  const dataDir = await mkdtemp(join(tmpdir(), 'gateway-system-'))
  const upstream = await listen(listener)
  const log: string[] = []
  const any = '127.0.0.1:0'
  const opsPort = await freePort()
  const environment: NodeJS.ProcessEnv = {
    GATEHOUSE_POSTGRES_URL: await sharedDatabase(),
    GATEHOUSE_NODE: 'gw',
    GATEHOUSE_DATA_DIR: dataDir,
    // A slow machine is no failure.
    GATEHOUSE_POSITION_WAIT_MS: '20000',
  }
  for (const service of ['CREDENTIAL', 'POLICY', 'TOKEN', 'AUDIT', 'GATEWAY', 'CONSOLE']) {
    environment[`GATEHOUSE_${service}_ADDRESS`] = any
    environment[`GATEHOUSE_${service}_OPS_PORT`] = service === 'GATEWAY' ? String(opsPort) : '0'
  }
  const logger = (service: string) => createLogger(service, { write: (line: string) => log.push(line) })
  const embedded = await startEmbedded({ dataDir, environment, logger })
  const { addresses } = embedded
  const token = (await readFile(join(dataDir, 'operator-token'), 'utf8')).trim()
  const manage = manager(addresses.console, token)
  const settings = { upstreams: [`http://127.0.0.1:${upstream.port}`] }
  await manage('PUT', 'environments/alpha', { hosts: ['*'] })
  await manage('PUT', 'environments/alpha/plans/gold', { rate_limits: [] })
  await manage('PUT', 'environments/alpha/apis/orders', { ...settings, operations })
  await manage('POST', 'clients', { environment_id: 'alpha', client_id: 'shop' })
  const subscribe = subscriber(manage)
  const subscription = await subscribe('orders')
  const gateway = `http://${addresses.gateway}`
  const first = await issue(manage, subscription)
  const isIn = async () => (await call(`${gateway}/orders/items`, first)).status === 200
  await waitFor(isIn, { what: 'the gateway lets the first key in' })
  return {
    ...{ dataDir, log, upstream, gateway, addresses, manage, settings, subscribe, subscription, logger, opsPort },
    /** For another gateway beside this one. */
    environment: {
      ...environment,
      GATEHOUSE_GATEWAY_OPS_PORT: '0',
      GATEHOUSE_CREDENTIAL_ADDRESS: addresses.credential,
      GATEHOUSE_POLICY_ADDRESS: addresses.policy,
      GATEHOUSE_TOKEN_ADDRESS: addresses.token,
      GATEHOUSE_AUDIT_ADDRESS: addresses.audit,
    },
    key: first,
    issue: (more?: object) => issue(manage, subscription, more),
    decisions: (query: string) => decisions(manage, query),
    /** How many records the ledger has of a node. */
    async recordsOf(node: string): Promise<number> {
      const { nodes } = await manage<{ nodes: { node: string; record_count: number; holes?: unknown[] }[] }>(
        'GET',
        'completeness',
      )
      const own = nodes.filter((each) => each.node === node)
      if (own.some(({ holes }) => holes?.length)) throw new Error(`${node} has holes: ${JSON.stringify(own)}`)
      return own.reduce((sum, { record_count }) => sum + Number(record_count), 0)
    },
    async close() {
      await embedded.close()
      upstream.close()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

export type TestSystem = Awaited<ReturnType<typeof startTestSystem>>

type Manage = <Body = Record<string, unknown>>(method: string, path: string, body?: object) => Promise<Body>

function manager(address: string, token: string): Manage {
  return async (method, path, body) => {
    const response = await fetch(`http://${address}/v1/${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return JSON.parse(text)
  }
}

function subscriber(manage: Manage) {
  return async (api_id: string, more: object = {}): Promise<string> => {
    type Subscribed = { subscription: { subscription_id: string } }
    const asked = { client_id: 'shop', api_id, plan_id: 'gold', ...more }
    const { subscription } = await manage<Subscribed>('POST', 'subscriptions', asked)
    await manage('POST', `subscriptions/${subscription.subscription_id}/activate`, {})
    return subscription.subscription_id
  }
}

async function issue(manage: Manage, subscription_id: string, more: object = {}): Promise<IssuedKey> {
  type Issued = { api_key: { api_key_id: string }; api_key_secret: string; position: string }
  const issued = await manage<Issued>('POST', 'api-keys', { subscription_id, ...more })
  return { key: issued.api_key_secret, id: issued.api_key.api_key_id, position: issued.position }
}

async function decisions(manage: Manage, query: string): Promise<readonly Decision[]> {
  const found = async () => {
    const { decisions: all } = await manage<{ decisions: Decision[] }>('GET', `decisions?${query}`)
    return all.length > 0 && all
  }
  return (await waitFor(found, { what: `decisions with ${query}` })) as Decision[]
}

/** Asks with a key, never answered from a state before it was issued. */
export function call(url: string, { key, position }: IssuedKey, init: RequestInit = {}): Promise<Response> {
  const headers = { 'x-api-key': key, 'x-gatehouse-position': position, ...init.headers }
  return fetch(url, { ...init, headers })
}

export async function listen(listener: RequestListener) {
  const server: Server = createServer({ keepAliveTimeout: 60_000 }, listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
