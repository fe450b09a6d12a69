import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  AuditServiceService,
  type IngestRequest,
  type IngestResponse,
} from '@gatehouse/contracts/audit/v1/audit_service'
import { Plan, type RateLimit } from '@gatehouse/contracts/policy/v1/plan'
import { PolicyServiceClient } from '@gatehouse/contracts/policy/v1/policy_service'
import { readConfig as credentialConfig, startCredential } from '@gatehouse/credential'
import {
  createClient,
  createLogger,
  grpcService,
  serviceTls,
  startGrpcService,
  type TlsMaterial,
} from '@gatehouse/grpc-service'
import { readConfig as policyConfig, startPolicy } from '@gatehouse/policy'
import { type DemoClient, seedDemo } from '@gatehouse/standalone/seed'
import { startPostgres } from '@gatehouse/testkit'
import { startToken, readConfig as tokenConfig } from '@gatehouse/token'

/** Everything that a gateway needs behind it, in this process. */
export interface ControlPlane extends AsyncDisposable {
  /** Settings for a gateway process. */
  readonly environment: NodeJS.ProcessEnv
  readonly addresses: { readonly credential: string; readonly policy: string; readonly token: string }
  /** The console's identity. */
  readonly tls: TlsMaterial
  readonly key: DemoClient
  /** Decision records that arrived. */
  records(): number
}

/**
 * Starts the real credential, policy and token services on Postgres, and in the place of the audit service one that only
 * acknowledges: so the gateway's shipping is measured, and not how fast two processors are shared with a ledger.
 * @param issuer URL that makes the environment an authorization server
 */
export async function startControlPlane(
  upstreamUrl: string,
  more: NodeJS.ProcessEnv = {},
  issuer?: string,
): Promise<ControlPlane> {
  await using opened = new AsyncDisposableStack()
  process.env['GATEHOUSE_LOG_LEVEL'] ??= 'error'
  const dataDir = await mkdtemp(join(tmpdir(), 'gatehouse-bench-'))
  opened.defer(() => rm(dataDir, { recursive: true, force: true }))
  const postgres = opened.use(await startPostgres())
  const freePort = '127.0.0.1:0'
  const ports = { GATEHOUSE_CREDENTIAL_OPS_PORT: '0', GATEHOUSE_POLICY_OPS_PORT: '0', GATEHOUSE_TOKEN_OPS_PORT: '0' }
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    ...ports,
    GATEHOUSE_GATEWAY_OPS_PORT: '0',
    GATEHOUSE_DATA_DIR: dataDir,
    GATEHOUSE_POSTGRES_URL: postgres.url,
    ...more,
  }
  let count = 0
  const audit = await startAcknowledger(env, (records) => {
    count += records
  })
  opened.defer(() => audit.close())
  env['GATEHOUSE_AUDIT_ADDRESS'] = audit.address
  const logger = createLogger('bench')
  const credential = await startCredential(credentialConfig({ ...env, GATEHOUSE_CREDENTIAL_ADDRESS: freePort }), {
    logger,
  })
  opened.defer(() => credential.close())
  env['GATEHOUSE_CREDENTIAL_ADDRESS'] = credential.address
  const policy = await startPolicy(policyConfig({ ...env, GATEHOUSE_POLICY_ADDRESS: freePort }), { logger })
  opened.defer(() => policy.close())
  env['GATEHOUSE_POLICY_ADDRESS'] = policy.address
  const token = await startToken(tokenConfig({ ...env, GATEHOUSE_TOKEN_ADDRESS: freePort }), { logger })
  opened.defer(() => token.close())
  env['GATEHOUSE_TOKEN_ADDRESS'] = token.address
  const tls = await serviceTls('console', { dataDir })
  const addresses = { credential: credential.address, policy: policy.address, token: token.address }
  const services = { credentialAddress: credential.address, policyAddress: policy.address, tls }
  const key = await seedDemo({ ...services, upstreamUrl, issuer, known: {} })
  await liftLimit(policy.address, tls)
  const closing = opened.move()
  return {
    ...{ environment: env, addresses, tls, key, records: () => count },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  }
}

/** The limit stays, and is counted; it only lets a benchmark's load through. */
async function liftLimit(address: string, tls: TlsMaterial): Promise<void> {
  const policy = createClient(PolicyServiceClient, { address, tls, peer: 'policy' })
  const rateLimits: readonly RateLimit[] = [
    { name: 'steady', requests: 1_000_000n, period: { seconds: 1n, nanos: 0 }, burst: 1_000_000n },
  ]
  const plan = Plan.fromPartial({ planId: 'trial', environmentId: 'alpha', displayName: 'Bench', rateLimits })
  await policy.putPlan({ requestId: crypto.randomUUID(), expectedVersion: undefined, plan })
  policy.close()
}

async function startAcknowledger(env: NodeJS.ProcessEnv, onRecords: (count: number) => void) {
  const unused = () => Promise.reject(new Error('not part of the benchmark'))
  const noStream = async function* () {}
  async function* ingest(requests: AsyncIterable<IngestRequest>): AsyncGenerator<IngestResponse> {
    for await (const { records } of requests) {
      onRecords(records.length)
      yield { storedCount: records.length, duplicateCount: 0, rejectedCount: 0 }
    }
  }
  const all = ['gateway', 'policy']
  const handlers = {
    ingest,
    listDecisions: unused,
    getDecision: unused,
    getCompleteness: unused,
    tailDecisions: noStream,
  }
  const roles = { ingest: all, listDecisions: all, getDecision: all, getCompleteness: all, tailDecisions: all }
  return startGrpcService({
    name: 'audit',
    address: '127.0.0.1:0',
    tls: await serviceTls('audit', { dataDir: env['GATEHOUSE_DATA_DIR'] ?? '' }),
    services: [grpcService({ definition: AuditServiceService, handlers, roles })],
    logger: createLogger('bench'),
  })
}
