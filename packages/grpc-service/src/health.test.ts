import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BinaryWriter } from '@bufbuild/protobuf/wire'
import { EventLogServiceService } from '@gatehouse/contracts/event_log/v1/event_log_service'
import { Client, credentials, type ServiceError, status } from '@grpc/grpc-js'
import { service as healthService } from 'grpc-health-check'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { clientCredentials } from './credentials.ts'
import { grpcService } from './handlers.ts'
import { type GrpcServiceOptions, type RunningGrpcService, startGrpcService } from './server.ts'
import { devCertificates, type TlsMaterial } from './tls.ts'

let dataDir: string
let tls: TlsMaterial
const closers: (() => unknown)[] = []

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'grpc-health-'))
  tls = await devCertificates(dataDir, 'policy')
})

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

afterAll(() => rm(dataDir, { recursive: true }))

const log = grpcService({
  definition: EventLogServiceService,
  handlers: { async *readEvents() {}, getHead: async () => ({ position: 7n }) },
  roles: { readEvents: [], getHead: [] },
})

async function serve(options: Partial<GrpcServiceOptions>) {
  const server = await startGrpcService({
    ...{ name: 'policy', address: '127.0.0.1:0', tls, services: [log], logger: pino({ level: 'silent' }) },
    ...options,
  })
  closers.push(() => server.close())
  return server
}

function connect(server: RunningGrpcService, withCertificate: boolean): Client {
  const anonymous = credentials.createSsl(tls.ca, null, null, { checkServerIdentity: () => undefined })
  const client = new Client(server.address, withCertificate ? clientCredentials(tls, 'policy') : anonymous, {
    'grpc.ssl_target_name_override': 'policy',
  })
  closers.push(() => client.close())
  return client
}

function check(client: Client, service: string): Promise<unknown> {
  const { path, requestSerialize, responseDeserialize } = healthService['Check']!
  return new Promise((resolve) => {
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, { service }, (error, reply) =>
      resolve(error ? error.code : Reflect.get(reply ?? {}, 'status')),
    )
  })
}

test('health is SERVING for the server and each of its services, NOT_FOUND for others', async () => {
  const client = connect(await serve({}), true)
  expect(await check(client, '')).toBe('SERVING')
  expect(await check(client, 'gatehouse.event_log.v1.EventLogService')).toBe('SERVING')
  expect(await check(client, 'gatehouse.credential.v1.CredentialService')).toBe(status.NOT_FOUND)
})

test('health without a certificate: UNAUTHENTICATED unless configured', async () => {
  expect(await check(connect(await serve({}), false), '')).toBe(status.UNAUTHENTICATED)
  expect(await check(connect(await serve({ healthWithoutCertificate: true }), false), '')).toBe('SERVING')
})

test('/readyz is 503 while draining', async () => {
  const statuses: number[] = []
  const server = await serve({ ops: { port: 0 }, drainMs: 200 })
  const readiness = async () => statuses.push((await fetch(`http://${server.opsAddress}/readyz`)).status)
  await readiness()
  // An open stream holds the shutdown up for as long as it may.
  const { path, requestSerialize, responseDeserialize } = healthService['Watch']!
  const watch = connect(server, true).makeServerStreamRequest(path, requestSerialize, responseDeserialize, {
    service: '',
  })
  const ended = new Promise((resolve) => watch.on('error', resolve))
  const seen: unknown[] = []
  await new Promise((resolve) => watch.on('data', (reply) => resolve(seen.push(reply.status))))
  const drained = server.close()
  await readiness()
  await drained
  expect(await ended).toMatchObject({ code: status.CANCELLED })
  expect(statuses).toEqual([200, 503])
  expect(seen).toEqual(['SERVING', 'NOT_SERVING'])
})

/** Sends one field of a ServerReflectionRequest and answers the response as text: the names in it are what counts. */
function reflect(client: Client, version: string, field: number, value: string): Promise<unknown> {
  const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`
  const asIs = (bytes: Buffer) => bytes
  const call = client.makeBidiStreamRequest(path, asIs, asIs)
  return new Promise((resolve) => {
    call.on('data', (bytes: Buffer) => resolve(bytes.toString('latin1')))
    call.on('error', (error: ServiceError) => resolve(error.code))
    call.end(Buffer.from(new BinaryWriter().tag(field, 2).string(value).finish()))
  })
}

const fileContainingSymbol = 4
const listServices = 7

test.each(['v1', 'v1alpha'])('reflection %s names the services served and describes them', async (version) => {
  const client = connect(await serve({ reflection: true }), true)
  const services = await reflect(client, version, listServices, '')
  expect(services).toContain('gatehouse.event_log.v1.EventLogService')
  expect(services).not.toContain('CredentialService')
  const symbol = 'gatehouse.event_log.v1.EventLogService'
  expect(await reflect(client, version, fileContainingSymbol, symbol)).toContain('GetHead')
})

test('channelz is not served, to nobody', async () => {
  const client = connect(await serve({ reflection: true }), true)
  const asIs = (bytes: Buffer) => bytes
  const code = await new Promise((resolve) => {
    const path = '/grpc.channelz.v1.Channelz/GetServers'
    client.makeUnaryRequest(path, asIs, asIs, Buffer.alloc(0), (error) => resolve(error?.code))
  })
  expect(code).toBe(status.UNIMPLEMENTED)
})

test('reflection is off by default, and asks for a certificate when on', async () => {
  expect(await reflect(connect(await serve({}), true), 'v1', listServices, '')).toBe(status.UNIMPLEMENTED)
  const on = connect(await serve({ reflection: true }), false)
  expect(await reflect(on, 'v1', listServices, '')).toBe(status.UNAUTHENTICATED)
})
