import { setTimeout as sleep } from 'node:timers/promises'
import { freshDatabase, type PostgresServer, startPostgres, waitFor } from '@gatehouse/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decisionOf, manage, type System } from '../e2e/client.ts'
import { startSystem } from '../e2e/system.ts'
import { checkSecrets, type Place } from './check/secrets.ts'
import { type Installation, startInstallation } from './installation.ts'
import { filesBelow, keysOf, startTraceSink, tablesOf, topicRecords } from './places.ts'
import { plant } from './plant.ts'
import { plantOAuth } from './plant-oauth.ts'
import { keyEncryptionKeyFile, ledgerKeyFile, privateKeys } from './private-keys.ts'

/** What the demo keeps for its user, the console for its operator, the token service for itself, readable by them alone. */
const kept = ['demo.json', 'operator-token', keyEncryptionKeyFile, ledgerKeyFile]

type TraceSink = Awaited<ReturnType<typeof startTraceSink>>

interface Stores {
  readonly system: System
  readonly dataDir: string
  readonly postgres: PostgresServer
  readonly databaseUrl: string
  readonly traces: TraceSink
}

/** Plants secrets and, when all of it has got everywhere, looks for them in every place: the stores and what else there is. */
async function secretsFound(stores: Stores, others: () => Promise<Place[]>): Promise<string[]> {
  const { system, dataDir, postgres, databaseUrl, traces } = stores
  const [keys, oauth] = [await plant(system), await plantOAuth(system)]
  const secrets = { ...keys.secrets, ...oauth.secrets, ...(await privateKeys(dataDir, databaseUrl)) }
  const answers = [...keys.answers, ...oauth.answers]
  const last = await fetch(`${system.demo.gateway}${system.demo.path}`)
  await decisionOf(system, last.headers.get('x-request-id') ?? '')
  await waitFor(() => traces.place().bytes.includes('POST /v1/api-keys'), { what: 'the spans are exported' })
  // Its batches of spans are exported every 100 ms.
  await sleep(500)
  const files = [...(await filesBelow(dataDir, kept)), ...(postgres.dataDir ? await filesBelow(postgres.dataDir) : [])]
  const all = [...answers, traces.place(), ...files, ...(await tablesOf(databaseUrl)), ...(await others())]
  // That the search sees what is there: the clients' name is no secret, and stands in all kinds of stores.
  const seen = checkSecrets({ known: system.demo.client_id }, all)
  expect(seen.length).toBeGreaterThan(3)
  expect(Object.keys(secrets).filter((name) => /^d of the key /.test(name))).not.toEqual([])
  return checkSecrets(secrets, all)
}

const settings = (traces: TraceSink) => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: traces.url,
  OTEL_BSP_SCHEDULE_DELAY: '100',
  GATEHOUSE_LOG_LEVEL: 'trace',
})

describe('distributed', () => {
  let traces: TraceSink
  let installation: Installation
  beforeAll(async () => {
    traces = await startTraceSink()
    installation = await startInstallation({ settings: settings(traces) })
  })
  afterAll(async () => {
    await installation?.[Symbol.asyncDispose]()
    traces?.close()
  })

  test('no secret stands in a log, a file, a topic, a table, a key of Redis, a trace or an answer', async () => {
    const { postgres, redis, kafka, dataDir } = installation
    const stores = { system: installation, dataDir, postgres, databaseUrl: postgres.url, traces }
    const found = await secretsFound(stores, async () => [
      ...(await keysOf(redis.url)),
      ...(await topicRecords(kafka.brokers)),
    ])
    expect(found).toEqual([])
  })
})

describe('embedded', () => {
  let traces: TraceSink
  const closing: (() => unknown)[] = []
  beforeAll(async () => {
    traces = await startTraceSink()
  })
  afterAll(async () => {
    for (const end of closing.reverse()) await end()
    traces?.close()
  })

  test('no secret stands in the output, a file, a table, a trace or an answer', async () => {
    const postgres = await startPostgres()
    closing.push(() => postgres.stop())
    const databaseUrl = await freshDatabase(postgres)
    const system = await startSystem('embedded', { ...settings(traces), GATEHOUSE_POSTGRES_URL: databaseUrl })
    closing.push(() => system.dispose())
    // The announcement shows the demo's key and token to its user, once, before anything else happens.
    const announced = system.output().length
    const { dataDir } = system
    const found = await secretsFound({ system, dataDir, postgres, databaseUrl, traces }, async () => [
      { name: 'the output', bytes: Buffer.from(system.output().slice(announced)) },
    ])
    expect(found).toEqual([])
    expect((await manage<{ nodes: object[] }>(system, 'GET', '/v1/completeness')).nodes).not.toEqual([])
  })
})
