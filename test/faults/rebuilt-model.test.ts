import { setTimeout as sleep } from 'node:timers/promises'
import { EventLogServiceClient, type RecordedEvent } from '@gatehouse/contracts/event_log/v1/event_log_service'
import { type EventSource, eventSources } from '@gatehouse/contracts/events'
import { type Positions, reaches } from '@gatehouse/contracts/positions'
import { rebuildFromLogs } from '@gatehouse/decision-state'
import { createClient, devCertificates } from '@gatehouse/grpc-service'
import { type Digest, openRedisModel, type ReadModel, type Rebuilt } from '@gatehouse/read-model'
import { startRedis, waitFor } from '@gatehouse/testkit'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { oracleDigest } from '../../packages/read-model/src/projections/oracle.ts'
import { checkGoodKeys } from './check/good-keys.ts'
import { readLog } from './evidence.ts'
import { createMember, furtherGateway, type Installation, startInstallation } from './installation.ts'
import { faultRounds, faultSeed, seededRandom } from './random.ts'
import { tally, violationsOf } from './verify.ts'
import { startWorkload } from './workload.ts'

let installation: Installation
const closing: (() => unknown)[] = []
beforeAll(async () => {
  installation = await startInstallation()
})
afterAll(async () => {
  for (const end of closing.reverse()) await end()
  await installation?.[Symbol.asyncDispose]()
})

const rounds = faultRounds(5)

test(
  `rebuilt ${rounds} times under load, the model is each time the one that it replaces, and the slow fold of the logs`,
  async () => {
    const workload = startWorkload({ installation, random: seededRandom(faultSeed) })
    await workload.fill(20)
    const model = await openModel(installation.redis.url)
    const logs = await connectLogs()
    const knownSince = performance.now()
    const rebuilt: Rebuilt[] = []
    for (let round = 0; round < rounds; round++) {
      rebuilt.push(await rebuildFromLogs({ model, logs }))
      await sleep(300)
    }
    await workload.stop()
    console.log(`${rebuilt.map(({ identical }) => identical).join(', ')}; ${JSON.stringify(tally(workload.history))}`)
    expect(rebuilt.filter(({ identical }) => identical === false)).toEqual([])
    const bound = { strictMs: 5_000, otherMs: 5_000, healedAt: 0 }
    expect(await violationsOf(installation, workload.history, bound)).toEqual([])
    expect(checkGoodKeys(workload.history, knownSince)).toEqual([])

    // Without traffic the logs stand still: once more, and it must have been the same.
    expect(await rebuildFromLogs({ model, logs })).toMatchObject({ identical: true })
    const oracle = await slowFold()
    expect(await digestAt(model, oracle.positions)).toEqual(oracle)
  },
  120_000 + rounds * 10_000,
)

test('a gateway that starts on an empty Redis folds the same model', async () => {
  const redis = await startRedis()
  closing.push(() => redis.stop())
  const settings = await furtherGateway({ ...installation.environment, GATEHOUSE_REDIS_URL: redis.url }, 'gateway-3')
  const gateway = createMember('gateway-3', settings, installation.logs)
  closing.push(() => gateway.kill())
  await gateway.start()
  const oracle = await slowFold()
  expect(await digestAt(await openModel(redis.url), oracle.positions)).toEqual(oracle)
})

async function openModel(url: string): Promise<ReadModel> {
  const model = openRedisModel({ address: { url }, readTimeoutMs: 5_000, writeTimeoutMs: 5_000 })
  closing.push(() => model.close())
  await waitFor(() => model.positions(), { what: 'Redis answers' })
  return model
}

async function connectLogs() {
  const tls = await devCertificates(installation.dataDir, 'gateway')
  const connect = (peer: EventSource) => {
    const address = installation.environment[`GATEHOUSE_${peer.toUpperCase()}_ADDRESS`] ?? ''
    const client = createClient(EventLogServiceClient, { address, tls, peer })
    closing.push(() => client.close())
    return client
  }
  return { credential: connect('credential'), policy: connect('policy'), token: connect('token') }
}

/** What the model must be, from the tables and by other means. */
async function slowFold(): Promise<Digest> {
  const client = new pg.Client({ connectionString: installation.postgres.url })
  await client.connect()
  const logs: RecordedEvent[][] = []
  for (const source of eventSources) logs.push(await readLog(client, source))
  await client.end()
  const positions = Object.fromEntries(eventSources.map((source, n) => [source, BigInt(logs[n]?.length ?? 0)]))
  return { positions, digest: oracleDigest(logs.flat()) }
}

async function digestAt(model: ReadModel, positions: Positions): Promise<Digest> {
  await waitFor(async () => reaches(await model.positions(), positions), { what: 'the model reaches the logs' })
  return model.digest()
}
