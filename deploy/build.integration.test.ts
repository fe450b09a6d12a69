import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { devCertificates } from '@gatehouse/grpc-service'
import { startTied, type TiedProcess } from '@gatehouse/standalone/tied-process'
import { freePort, sharedDatabase, sharedKafka, sharedRedis, waitFor } from '@gatehouse/testkit'
import { Client, credentials, Metadata } from '@grpc/grpc-js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildServices } from './build.ts'

const folder = await mkdtemp(join(tmpdir(), 'gatehouse-build-'))
const dataDir = join(folder, 'data')
const running = new Map<string, TiedProcess>()
const environment: NodeJS.ProcessEnv = {}
const ops = (service: string) => `http://127.0.0.1:${environment[`GATEHOUSE_${service.toUpperCase()}_OPS_PORT`]}`

/** What services export as traces, told apart by their names. */
const traced = new Set<string>()
const collector = createServer(async (request, response) => {
  const body = JSON.stringify(await new Response(request).json())
  for (const [, name] of body.matchAll(/"key":"service.name","value":\{"stringValue":"(\w+)"/g)) traced.add(name!)
  response.end('{}')
})

beforeAll(async () => {
  await buildServices(join(folder, 'dist'))
  await once(collector.listen(0, '127.0.0.1'), 'listening')
  const [postgres, redis, kafka] = await Promise.all([sharedDatabase(), sharedRedis(), sharedKafka()])
  Object.assign(environment, {
    GATEHOUSE_DATA_DIR: dataDir,
    GATEHOUSE_POSTGRES_URL: postgres,
    GATEHOUSE_REDIS_URL: redis,
    GATEHOUSE_KAFKA_BROKERS: kafka.brokers.join(),
    GATEHOUSE_TOPIC_PREFIX: kafka.prefix,
    GATEHOUSE_GRPC_REFLECTION: 'true',
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
  })
  for (const service of ['CREDENTIAL', 'POLICY', 'TOKEN', 'AUDIT', 'GATEWAY', 'CONSOLE']) {
    environment[`GATEHOUSE_${service}_ADDRESS`] = `127.0.0.1:${await freePort()}`
    environment[`GATEHOUSE_${service}_OPS_PORT`] = String(await freePort())
  }
})

afterAll(async () => {
  for (const process of running.values()) process.signal('SIGKILL')
  collector.close()
  await rm(folder, { recursive: true, force: true })
})

test.each(['credential', 'audit', 'policy', 'token', 'gateway', 'console'])(
  'the bundle of %s serves outside the clone',
  async (service) => {
    const logFile = join(folder, `${service}.log`)
    const bundle = await startTied({
      command: process.execPath,
      args: ['--enable-source-maps', join(folder, 'dist', service, 'main.js')],
      env: { ...environment, NODE_PATH: '' },
      directory: folder,
      logFile,
      lastSignal: 'SIGKILL',
    })
    running.set(service, bundle)
    const ready = waitFor(async () => (await fetch(`${ops(service)}/readyz`)).ok, { what: 'ready', timeoutMs: 30_000 })
    await Promise.race([
      ready,
      bundle.exited.then(async () => Promise.reject(new Error(await readFile(logFile, 'utf8')))),
    ])
  },
)

test('the descriptors for reflection are beside the bundle', async () => {
  const { ca, cert, key } = await devCertificates(dataDir, 'console')
  const named = credentials.createSsl(ca, key, cert, { checkServerIdentity: () => undefined })
  const client = new Client(environment['GATEHOUSE_POLICY_ADDRESS']!, named, {
    'grpc.ssl_target_name_override': 'policy',
  })
  const bytes = (value: Buffer) => value
  const path = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo'
  const call = client.makeBidiStreamRequest(path, bytes, bytes, new Metadata())
  // file_containing_symbol
  const symbol = 'gatehouse.policy.v1.PolicyService'
  call.end(Buffer.concat([Buffer.from([0x22, symbol.length]), Buffer.from(symbol)]))
  const [answer] = (await once(call, 'data')) as [Buffer]
  expect(answer.toString('latin1')).toContain('gatehouse/policy/v1/policy_service.proto')
  client.close()
})

test('a stopped bundle exits with 0, its traces exported', async () => {
  for (const [name, bundle] of [...running].reverse()) {
    bundle.signal('SIGTERM')
    expect([name, await bundle.exited]).toEqual([name, 0])
  }
  expect([...traced]).toEqual(expect.arrayContaining(['credential', 'policy']))
})
