import { fdatasync, writeSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openTrail, type SpoolDisk } from '@gatehouse/audit-trail'
import type { SigningKeyView } from '@gatehouse/contracts/read_model/v1/views'
import type { SigningKeys } from '@gatehouse/decision-state'
import { unavailable } from '@gatehouse/errors'
import { compilePolicy, type PolicyTable, type Reason } from '@gatehouse/policy-engine'
import type { ViewCache } from '@gatehouse/read-model'
import { expect } from 'vitest'
import { accessTokenParts } from '../src/check/authenticate/access-token-parts.ts'
import { type CheckParts, createCheck } from '../src/check/check.ts'
import { createMemoryCounters } from '../src/counters/memory.ts'
import { Upstreams } from '../src/forward/upstreams.ts'
import type { Outcome } from '../src/http1/exchange.ts'
import { Http1Server } from '../src/http1/server.ts'
import { endpointTable } from '../src/oauth/endpoint-table.ts'
import { createOAuth } from '../src/oauth/oauth.ts'
import type { RegistrationCalls } from '../src/oauth/registration-calls.ts'
import type { TokenCalls } from '../src/oauth/token-calls.ts'
import { createMemoryProofMemory } from '../src/proofs/memory.ts'
import { policy, views } from './deciding-facts.ts'

/** What of a decision record these tests look at. */
export interface DecisionRecord {
  readonly status_code: Reason
  readonly metadata: { readonly uid: string; readonly correlation_uid: string }
  readonly http_request?: { readonly url?: { readonly path?: string } }
  readonly gatehouse: { readonly sequence: number; readonly operation?: string; readonly client_id?: string }
}

/** A check before a real upstream, on a read model, a policy and a disk that the test has in its hand. */
export async function deciding(over: Partial<CheckParts> = {}, calls: Partial<TokenCalls & RegistrationCalls> = {}) {
  const order: string[] = []
  const disk = heldDisk(order)
  const upstream = await startUpstream(order)
  const directory = await mkdtemp(join(tmpdir(), 'gateway-check-'))
  const trail = await openTrail({
    directory,
    node: 'test',
    product: 'gateway',
    segmentBytes: 64 << 10,
    disk: disk.port,
  })
  const { cache, put } = views()
  const state: TestState = {
    stale: 0,
    proven: 0,
    reach: async () => true,
    signingKeys: [],
    catchUp: async () => true,
    table: compilePolicy(policy(`http://127.0.0.1:${upstream.port}`)),
  }
  const watched = watching()
  const decided = { ...stateOf(state, order), ...countersOf(order), views: viewsOf(cache, order) }
  const recorded = { ...decided, trail, watch: watched.watch, ...over }
  const documents = { state: recorded.state, maxAgeSeconds: 300, clientCertificates: false }
  const services = { calls: { ...noTokenService, ...calls }, registration: { ...noRegistration, ...calls } }
  const tokens = accessTokenParts({
    state: { signingKeys: () => keysOf(state), catchUp: () => state.catchUp() },
    views: recorded.views,
    ...{ resolve: services.calls.resolveReferenceToken, proofMemory: createMemoryProofMemory() },
  })
  const oauth = createOAuth(recorded, endpointTable({ ...documents, ...services, tokens, views: recorded.views }))
  const parts: CheckParts = { ...recorded, tokens, oauth, upstreams: new Upstreams(), ...over }
  const server = new Http1Server({ handler: createCheck(parts) })
  const port = await server.listen(0, '127.0.0.1')
  const read: DecisionRecord[] = []
  async function records(): Promise<readonly DecisionRecord[]> {
    for (let batch = await trail.spool.next(1 << 20); batch; batch = await trail.spool.next(1 << 20)) {
      for (const { json } of batch.records) read.push(JSON.parse(Buffer.from(json).toString('latin1')))
      trail.spool.acknowledge(batch)
    }
    return read
  }
  return {
    ...{ port, parts, order, disk, upstream, put, state, trail, records },
    ...{ outcomes: watched.outcomes, failures: watched.failures, unrecorded: watched.unrecorded },
    /** The one record that came since the last look. */
    async record(): Promise<DecisionRecord> {
      const before = read.length
      await expect.poll(async () => (await records()).length).toBe(before + 1)
      return read[before] as DecisionRecord
    },
    async close() {
      disk.release()
      await server.drain(0)
      parts.upstreams.close()
      upstream.close()
      await trail.close()
      await rm(directory, { recursive: true })
    },
  }
}

export type Deciding = Awaited<ReturnType<typeof deciding>>

interface TestState {
  stale: number
  proven: number
  reach(): Promise<boolean>
  table: PolicyTable
  signingKeys: SigningKeyView[]
  catchUp(): Promise<boolean>
}

const away = () => Promise.reject(unavailable('TEST', 'there is no token service'))
const noTokenService: TokenCalls = {
  ...{ issueToken: away, introspect: away, revokeToken: away, resolveReferenceToken: away, getUserInfo: away },
  ...{ pushAuthorization: away, startDeviceAuthorization: away, interact: away },
}
const noRegistration: RegistrationCalls = {
  ...{ registerDynamicClient: away, getDynamicClient: away, replaceDynamicClient: away, deleteDynamicClient: away },
}

function stateOf(state: TestState, order: string[]): Pick<CheckParts, 'state'> {
  return {
    state: {
      policy: () => state.table,
      signingKeysOf: () => state.signingKeys,
      positions: () => ({ credential: 7n, policy: 3n }),
      stalenessMs: () => state.stale,
      provenStalenessMs: () => state.proven,
      async reached() {
        order.push('position')
        return state.reach()
      },
    },
  }
}

function keysOf({ signingKeys }: TestState): SigningKeys {
  return { of: () => signingKeys, find: (_, keyId) => signingKeys.find((key) => key.keyId === keyId) }
}

function viewsOf(cache: ViewCache, order: string[]): ViewCache {
  return {
    ...cache,
    apiKey(id) {
      order.push('authenticate')
      return cache.apiKey(id)
    },
  }
}

function countersOf(order: string[]): Pick<CheckParts, 'counters'> {
  const counters = createMemoryCounters()
  return {
    counters: {
      ...counters,
      consume(limits) {
        order.push('limit')
        return counters.consume(limits)
      },
    },
  }
}

function watching() {
  const outcomes: Outcome[] = []
  const failures: unknown[] = []
  let unrecorded = 0
  const watch: CheckParts['watch'] = {
    decided: () => undefined,
    over: () => (outcome) => outcomes.push(outcome),
    failed: (error) => failures.push(error),
    unrecorded: () => {
      unrecorded++
    },
  }
  return { watch, outcomes, failures, unrecorded: () => unrecorded }
}

/** A disk that can hold back what it was asked to sync. */
function heldDisk(order: string[]) {
  let held: (() => void)[] | undefined
  const port: SpoolDisk = {
    write: (fd, bytes, position) => void writeSync(fd, bytes, 0, bytes.length, position),
    datasync(fd, done) {
      const sync = () =>
        fdatasync(fd, (error) => {
          order.push('disk')
          done(error)
        })
      if (held) held.push(sync)
      else sync()
    },
  }
  return {
    port,
    hold() {
      held ??= []
    },
    release() {
      for (const sync of held ?? []) sync()
      held = undefined
    },
  }
}

async function startUpstream(order: string[]) {
  const requests: IncomingMessage[] = []
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    order.push('upstream')
    requests.push(request)
    request.resume().on('end', () => response.end('from the upstream'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
