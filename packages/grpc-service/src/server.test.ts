import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AuditServiceClient, AuditServiceService, IngestResponse } from '@gatehouse/contracts/audit/v1/audit_service'
import { GatehouseError } from '@gatehouse/errors'
import { credentials, status } from '@grpc/grpc-js'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createClient } from './client.ts'
import type { CallContext } from './context.ts'
import { type GrpcService, grpcService } from './handlers.ts'
import { type GrpcServiceOptions, type RunningGrpcService, startGrpcService } from './server.ts'
import { devCertificates, type TlsMaterial } from './tls.ts'

type Audit = GrpcService<typeof AuditServiceService>
type Handlers = Audit['handlers']

let dataDir: string
let tls: Record<'audit' | 'console' | 'gateway', TlsMaterial>
const closers: (() => unknown)[] = []

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'grpc-service-'))
  const [audit, console, gateway] = await Promise.all(
    (['audit', 'console', 'gateway'] as const).map((name) => devCertificates(dataDir, name)),
  )
  tls = { audit: audit!, console: console!, gateway: gateway! }
})

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

afterAll(() => rm(dataDir, { recursive: true }))

const unused = () => Promise.reject(new Error('not called here'))
async function* nothing() {}

const idle: Handlers = {
  ingest: nothing,
  listDecisions: unused,
  getDecision: unused,
  tailDecisions: nothing,
  getCompleteness: unused,
}

const roles: Audit['roles'] = {
  ingest: ['gateway'],
  listDecisions: ['console'],
  getDecision: ['console'],
  tailDecisions: ['console'],
  getCompleteness: ['console'],
}

async function serve(handlers: Partial<Handlers>, options: Partial<GrpcServiceOptions> = {}) {
  const lines: string[] = []
  const server: RunningGrpcService = await startGrpcService({
    name: 'audit',
    address: '127.0.0.1:0',
    tls: tls.audit,
    services: [grpcService({ definition: AuditServiceService, handlers: { ...idle, ...handlers }, roles })],
    logger: pino({}, { write: (line: string) => lines.push(line) }),
    drainMs: 500,
    ...options,
  })
  closers.push(() => server.close())
  return { server, lines }
}

function connect(server: RunningGrpcService, as: TlsMaterial = tls.console) {
  const client = createClient(AuditServiceClient, { address: server.address, tls: as, peer: 'audit' })
  closers.push(() => client.close())
  return client
}

/** A client that trusts the server but shows no certificate, or one of another authority. */
function anonymous(server: RunningGrpcService, own?: TlsMaterial) {
  const trust = { checkServerIdentity: () => undefined }
  const secure = credentials.createSsl(tls.console.ca, own?.key ?? null, own?.cert ?? null, trust)
  const client = new AuditServiceClient(server.address, secure, { 'grpc.ssl_target_name_override': 'audit' })
  closers.push(() => client.close())
  return client
}

const statusOf = (client: AuditServiceClient) =>
  new Promise((resolve) => client.getDecision({ decisionId: 'd' }, (error) => resolve(error?.code)))

const rejection = (promise: Promise<unknown>): Promise<GatehouseError> =>
  promise.then(
    () => Promise.reject(new Error('it was allowed')),
    (error) => error,
  )

test('answers a caller whose role is listed, and tells the handler who it is', async () => {
  let seen: CallContext | undefined
  const { server } = await serve({
    async getDecision(_, context) {
      seen = context
      return { decision: undefined }
    },
  })
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  await connect(server).getDecision({ decisionId: 'd' }, { requestId: 'r1', traceparent })
  expect(seen).toMatchObject({ caller: 'console', requestId: 'r1', traceparent })
})

test('streams both ways', async () => {
  const { server } = await serve({
    async *ingest(requests) {
      for await (const request of requests) yield IngestResponse.fromPartial({ storedCount: request.records.length })
    },
  })
  async function* batches() {
    for (const size of [1, 2, 3]) yield { records: Array.from({ length: size }, record) }
  }
  const acknowledged: number[] = []
  for await (const { storedCount } of connect(server, tls.gateway).ingest(batches())) acknowledged.push(storedCount)
  expect(acknowledged).toEqual([1, 2, 3])
})

const record = () => ({ node: 'n', epoch: 1n, sequence: 1n, json: new Uint8Array() })

test('UNAUTHENTICATED without a client certificate', async () => {
  const { server } = await serve({})
  expect(await statusOf(anonymous(server))).toBe(status.UNAUTHENTICATED)
})

test('PERMISSION_DENIED for a role that the method does not list', async () => {
  const { server } = await serve({})
  const error = await rejection(connect(server, tls.gateway).getDecision({ decisionId: 'd' }))
  expect(error).toMatchObject({ status: 'PERMISSION_DENIED', reason: 'CALLER_NOT_ALLOWED' })
})

test('UNAUTHENTICATED with a certificate of another authority', async () => {
  const { server } = await serve({})
  const foreign = await devCertificates(join(dataDir, 'foreign'), 'console')
  expect(await statusOf(anonymous(server, foreign))).toBe(status.UNAUTHENTICATED)
})

test('a client refuses a server that is another service than the one it wants', async () => {
  const { server } = await serve({}, { tls: tls.gateway })
  const error = await rejection(connect(server).getDecision({ decisionId: 'd' }))
  expect(error).toMatchObject({ status: 'UNAVAILABLE' })
  expect(error.message).toContain('the server is gateway, not audit')
})

test('a typed error arrives with reason, metadata, fields and retry time', async () => {
  const thrown = new GatehouseError('RESOURCE_EXHAUSTED', {
    reason: 'TOO_MANY',
    message: 'zu viel',
    metadata: { limit: '3', note: 'ü' },
    violations: [{ field: 'filter.reason', description: 'is unknown' }],
    retryAfterMs: 1500,
  })
  const { server } = await serve({ listDecisions: () => Promise.reject(thrown) })
  const error = await rejection(connect(server).listDecisions({ filter: undefined, pageSize: 1, pageToken: '' }))
  const { status, reason, message, metadata, violations, retryAfterMs } = thrown
  expect(error).toMatchObject({ status, reason, message, metadata, violations, retryAfterMs })
})

test('any other error is INTERNAL: its text is in the log alone, under the id that the caller sees', async () => {
  const { server, lines } = await serve({ getDecision: () => Promise.reject(new Error('password=hunter2')) })
  const error = await rejection(connect(server).getDecision({ decisionId: 'd' }))
  expect(error).toMatchObject({ status: 'INTERNAL', reason: 'INTERNAL' })
  expect(error.message).not.toContain('hunter2')
  const logged = lines.find((line) => line.includes(error.metadata['error_id']!))
  expect(logged).toContain('hunter2')
})

test('DEADLINE_EXCEEDED: a call without a deadline is given one, and the handler is told', async () => {
  let signal: AbortSignal | undefined
  const { server } = await serve(
    {
      getDecision(_, context) {
        signal = context.signal
        return new Promise(() => undefined)
      },
    },
    { deadlineMs: 50 },
  )
  const client = new AuditServiceClient(
    server.address,
    credentials.createSsl(tls.console.ca, tls.console.key, tls.console.cert, { checkServerIdentity: () => undefined }),
    { 'grpc.ssl_target_name_override': 'audit' },
  )
  closers.push(() => client.close())
  expect(await statusOf(client)).toBe(status.DEADLINE_EXCEEDED)
  expect(signal?.aborted).toBe(true)
})

test('DEADLINE_EXCEEDED at the deadline of the caller', async () => {
  const { server } = await serve({ getDecision: () => new Promise(() => undefined) })
  const error = await rejection(connect(server).getDecision({ decisionId: 'd' }, { deadlineMs: 50 }))
  expect(error.status).toBe('DEADLINE_EXCEEDED')
})

test('RESOURCE_EXHAUSTED for a message over the limit', async () => {
  const { server } = await serve({}, { messageBytesMax: 1024 })
  const error = await rejection(connect(server).getDecision({ decisionId: 'd'.repeat(2000) }))
  expect(error.status).toBe('RESOURCE_EXHAUSTED')
})

test('a stream is written no faster than its reader reads, and its generator ends when the reader leaves', async () => {
  let written = 0
  const { promise: left, resolve: ended } = Promise.withResolvers<void>()
  const json = new Uint8Array(64 * 1024)
  const { server } = await serve({
    async *tailDecisions() {
      try {
        for (; written < 10_000; written++) yield { decision: decision({ ...record(), json }) }
      } finally {
        ended()
      }
    },
  })
  let read = 0
  for await (const _ of connect(server).tailDecisions({ filter: undefined })) {
    if (++read === 10) break
  }
  await left
  expect(written).toBeLessThan(1000)
})

test('an aborted signal ends the stream without an error', async () => {
  const { server } = await serve({
    async *tailDecisions(_, { signal }) {
      yield { decision: undefined }
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    },
  })
  const stop = new AbortController()
  let read = 0
  for await (const _ of connect(server).tailDecisions({ filter: undefined }, { signal: stop.signal })) {
    read++
    stop.abort()
  }
  expect(read).toBe(1)
})

test('draining ends a live stream with UNAVAILABLE and lets a call in progress finish', async () => {
  const { promise: started, resolve: start } = Promise.withResolvers<void>()
  const { promise: finish, resolve: goOn } = Promise.withResolvers<void>()
  const { server } = await serve({
    async getDecision() {
      start()
      await finish
      return { decision: undefined }
    },
    async *tailDecisions(_, { signal }) {
      yield { decision: undefined }
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    },
  })
  const client = connect(server)
  const tail = client.tailDecisions({ filter: undefined })[Symbol.asyncIterator]()
  await tail.next()
  const call = client.getDecision({ decisionId: 'd' })
  await started
  const closed = server.close()
  expect(await rejection(tail.next())).toMatchObject({ status: 'UNAVAILABLE', reason: 'DRAINING' })
  goOn()
  await expect(call).resolves.toMatchObject({ decision: undefined })
  await closed
})

test('a call that never ends is cut when the drain time is over', async () => {
  const { promise: started, resolve: start } = Promise.withResolvers<void>()
  const { server } = await serve(
    {
      getDecision() {
        start()
        return new Promise(() => undefined)
      },
    },
    { drainMs: 50 },
  )
  const call = rejection(connect(server).getDecision({ decisionId: 'd' }, { deadlineMs: 60_000 }))
  await started
  await server.close()
  expect(await call).toMatchObject({ status: 'UNAVAILABLE' })
})

test('a read goes on after its server restarted on the same port', async () => {
  const handlers: Partial<Handlers> = { getDecision: async () => ({ decision: undefined }) }
  const { server } = await serve(handlers)
  const client = connect(server)
  await client.getDecision({ decisionId: 'd' })
  await server.close()
  const later = client.getDecision({ decisionId: 'd' })
  await serve(handlers, { address: server.address })
  await expect(later).resolves.toMatchObject({ decision: undefined })
})

test('the address in use is a ConfigurationError that names it', async () => {
  const { server } = await serve({})
  await expect(serve({}, { address: server.address })).rejects.toMatchObject({
    name: 'ConfigurationError',
    message: expect.stringContaining(server.address),
  })
})

const decision = (stored: ReturnType<typeof record>) => ({
  decisionId: 'd',
  record: stored,
  time: undefined,
  allowed: false,
  reason: '',
  environmentId: '',
  apiId: '',
  operationId: '',
  clientId: '',
  credentialId: '',
  requestId: '',
})
