import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AuditServiceService } from '@gatehouse/contracts/audit/v1/audit_service'
import { LedgerServiceService } from '@gatehouse/contracts/audit/v1/ledger_service'
import { CredentialServiceService } from '@gatehouse/contracts/credential/v1/credential_service'
import { PolicyServiceService } from '@gatehouse/contracts/policy/v1/policy_service'
import { TokenAdminServiceService } from '@gatehouse/contracts/token/v1/token_admin_service'
import { GatehouseError } from '@gatehouse/errors'
import {
  type BoundService,
  type CallContext,
  createLogger,
  devCertificates,
  type GrpcService,
  startGrpcService,
} from '@gatehouse/grpc-service'
import { readConfig } from '../config.ts'
import { startConsole } from '../service.ts'

/** What the services behind the console answer in a test; every other method is UNIMPLEMENTED. */
export interface Answers {
  credential?: Partial<GrpcService<typeof CredentialServiceService>['handlers']>
  policy?: Partial<GrpcService<typeof PolicyServiceService>['handlers']>
  token?: Partial<GrpcService<typeof TokenAdminServiceService>['handlers']>
  audit?: Partial<GrpcService<typeof AuditServiceService>['handlers']>
  ledger?: Partial<GrpcService<typeof LedgerServiceService>['handlers']>
}

interface Request {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly token?: string | undefined
}

/** A console over real gRPC servers whose methods answer as `answers` says at the moment of the call. */
export async function startTestConsole(answers: Answers) {
  const dataDir = await mkdtemp(join(tmpdir(), 'console-'))
  const lines: string[] = []
  const logger = createLogger('console', { write: (line) => lines.push(line) })
  const servers = await Promise.all([
    start(
      dataDir,
      'credential',
      fake(CredentialServiceService, () => answers.credential),
    ),
    start(
      dataDir,
      'policy',
      fake(PolicyServiceService, () => answers.policy),
    ),
    start(
      dataDir,
      'token',
      fake(TokenAdminServiceService, () => answers.token),
    ),
    start(
      ...([dataDir, 'audit'] as const),
      fake(AuditServiceService, () => ({ ingest, ...answers.audit })),
      fake(LedgerServiceService, () => answers.ledger),
    ),
  ])
  const [credential, policy, token, audit] = servers.map(({ address }) => address)
  const environment = {
    GATEHOUSE_DATA_DIR: dataDir,
    GATEHOUSE_CONSOLE_ADDRESS: '127.0.0.1:0',
    GATEHOUSE_CONSOLE_OPS_PORT: '0',
    GATEHOUSE_CREDENTIAL_ADDRESS: credential,
    GATEHOUSE_POLICY_ADDRESS: policy,
    GATEHOUSE_TOKEN_ADDRESS: token,
    GATEHOUSE_AUDIT_ADDRESS: audit,
  }
  const begin = () => startConsole(readConfig(environment), { logger })
  const running = await begin()
  const admin = running.firstOperatorToken ?? ''
  return {
    dataDir,
    lines,
    admin,
    address: running.address,
    start: begin,
    stop: () => running.close(),
    send: (path: string, request: Request = {}) => send(running.address, path, { token: admin, ...request }),
    stopServices: () => Promise.all(servers.map((server) => server.close())),
    async close() {
      await running.close()
      await Promise.all(servers.map((server) => server.close()))
      await rm(dataDir, { recursive: true })
    },
  }
}

/** The ledger, as far as most tests care. */
const ingest: NonNullable<NonNullable<Answers['audit']>['ingest']> = async function* (requests) {
  for await (const { records } of requests) yield { storedCount: records.length, duplicateCount: 0, rejectedCount: 0 }
}

async function send(address: string, path: string, { method = 'GET', body, headers, token }: Request) {
  const response = await fetch(`http://${address}${path}`, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) }
}

type AnyDefinition =
  | typeof CredentialServiceService
  | typeof PolicyServiceService
  | typeof TokenAdminServiceService
  | typeof AuditServiceService
  | typeof LedgerServiceService

function fake(definition: AnyDefinition, answers: () => object | undefined): BoundService {
  const methods = Object.keys(definition)
  const handlers = Object.fromEntries(
    methods.map((method) => [
      method,
      (request: never, context: CallContext) => {
        const handler: unknown = Reflect.get(answers() ?? {}, method)
        if (typeof handler !== 'function') throw notInThisTest(method)
        return handler(request, context)
      },
    ]),
  )
  return { definition, handlers, roles: Object.fromEntries(methods.map((method) => [method, ['console']])) }
}

async function start(dataDir: string, name: string, ...services: BoundService[]) {
  return startGrpcService({
    name,
    address: '127.0.0.1:0',
    tls: await devCertificates(dataDir, name),
    services,
    logger: createLogger(name, { write: () => undefined }),
    drainMs: 100,
  })
}

function notInThisTest(method: string): GatehouseError {
  return new GatehouseError('UNIMPLEMENTED', { reason: 'NOT_IN_THIS_TEST', message: method })
}
