import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AuditServiceClient, AuditServiceService } from '@gatehouse/contracts/audit/v1/audit_service'
import type { GatehouseError } from '@gatehouse/errors'
import { type ClientOptions, credentials } from '@grpc/grpc-js'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { type ClientSettings, createClient } from '../client.ts'
import { type GrpcService, grpcService } from '../handlers.ts'
import { type GrpcServiceOptions, type RunningGrpcService, startGrpcService } from '../server.ts'
import { devCertificates, type TlsMaterial } from '../tls.ts'

type Audit = GrpcService<typeof AuditServiceService>
export type Handlers = Audit['handlers']
type Name = 'audit' | 'console' | 'gateway'

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

/** Audit services with the handlers of a test, and clients to them; all of it ends with the test. */
export function auditServers() {
  const identities = new Map<Name, TlsMaterial>()
  const closers: (() => unknown)[] = []
  let dataDir = ''

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'grpc-service-'))
    for (const name of ['audit', 'console', 'gateway'] as const) {
      identities.set(name, await devCertificates(dataDir, name))
    }
  })

  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close()
  })

  afterAll(() => rm(dataDir, { recursive: true }))

  const tls = (name: Name): TlsMaterial => {
    const identity = identities.get(name)
    if (!identity) throw new Error(`no certificate of ${name}`)
    return identity
  }

  const connectTo = (address: string, settings: Partial<ClientSettings> = {}) => {
    const client = createClient(AuditServiceClient, { address, tls: tls('console'), peer: 'audit', ...settings })
    closers.push(() => client.close())
    return client
  }

  return {
    tls,
    /** A certificate of the same name from another authority. */
    foreign: (name: Name) => devCertificates(join(dataDir, 'foreign'), name),

    async serve(handlers: Partial<Handlers>, options: Partial<GrpcServiceOptions> = {}) {
      const lines: string[] = []
      const server = await startGrpcService({
        name: 'audit',
        address: '127.0.0.1:0',
        tls: tls('audit'),
        services: [grpcService({ definition: AuditServiceService, handlers: { ...idle, ...handlers }, roles })],
        logger: pino({}, { write: (line: string) => lines.push(line) }),
        drainMs: 500,
        ...options,
      })
      closers.push(() => server.close())
      return { server, lines }
    },

    connect: (server: RunningGrpcService, as: Name = 'console') => connectTo(server.address, { tls: tls(as) }),

    connectTo,

    /** A generated client without deadlines, that shows `own` as its certificate or none. */
    bare(server: RunningGrpcService, own?: TlsMaterial, options: ClientOptions = {}) {
      const trust = { checkServerIdentity: () => undefined }
      const secure = credentials.createSsl(tls('console').ca, own?.key ?? null, own?.cert ?? null, trust)
      const target = { 'grpc.ssl_target_name_override': 'audit' }
      const client = new AuditServiceClient(server.address, secure, { ...target, ...options })
      closers.push(() => client.close())
      return client
    },
  }
}

/** The error of a call that has to fail. */
export async function rejection(call: Promise<unknown>): Promise<GatehouseError> {
  try {
    await call
  } catch (error) {
    return error as GatehouseError
  }
  throw new Error('it was allowed')
}
