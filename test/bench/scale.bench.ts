import { join } from 'node:path'
import { freePort } from '@gatehouse/testkit'
import { startSystem } from '../e2e/system.ts'
import { type Installation, startInstallation } from '../faults/installation.ts'
import { atLeast, type Bench, below, type Measure } from './measure.ts'
import { redisBytes, tableBytes } from './scale/bytes.ts'
import { letIn, rates, rebuildWhileServing, residentMegabytes, restart } from './scale/installed.ts'
import { plant } from './scale/plant.ts'

const few = 1_000
/** Beyond it an embedded start is not what anybody waits for. */
const embeddedKeysMax = 1_000_000

/**
 * The same with many credentials as with few: throughput, start, memory, and a rebuild that nobody notices. Without
 * Kafka: planted events pass no outbox.
 */
export const bench: Bench = {
  name: 'scale',
  async run({ keys = 1_000_000 }) {
    const settings = { GATEHOUSE_KAFKA_BROKERS: '' }
    // The views of the thousand keys in use, one of each client, do not fit this cache.
    const secondSettings = { GATEHOUSE_CACHE_BYTES: String(1 << 20) }
    await using installation = await startInstallation({ settings, secondSettings })
    const { postgres } = installation
    const before = await measureWith(installation, few)
    const after = await measureWith(installation, keys - few)
    const restarted = await restart(installation, after.apiKeys[0] ?? '')
    const again = await rates(installation, after.apiKeys)
    const resident = await residentMegabytes(installation)
    tell('started again', { seconds: restarted, ...again, resident })
    const rebuilt = await rebuildWhileServing(installation, after.apiKeys)
    tell('rebuild', rebuilt)
    const measures = [
      atLeast('scale', `requests, ${keys} keys, those in use cached`, ...rate(after.cached, before.cached)),
      atLeast('scale', `requests, ${keys} keys, those in use not cached`, ...rate(after.uncached, before.uncached)),
      ...growth(resident, before.resident),
      below('scale', 'start of gateways, policy and token services until a key is let in', 's', restarted, 10),
      below('scale', 'rebuild while serving', 's', rebuilt.seconds, 60),
      below('scale', 'wrong answers meanwhile', '', rebuilt.answers.wrong, 1),
      below('scale', 'rebuilds that differ from what they replace', '', rebuilt.identical === false ? 1 : 0, 1),
    ]
    if (keys > embeddedKeysMax) return measures
    for (const member of Object.values(installation.members)) await member.kill()
    return [...measures, ...(await startEmbedded(installation, postgres.url))]
  },
}

const rate = (value: number, few: number) => ['1/s', value, { name: '1,000 keys', value: few }, 0.9] as const

function growth(after: Readonly<Record<string, number>>, before: Readonly<Record<string, number>>): Measure[] {
  // Caches that are full, and no garbage of a fold: a million keys in memory would be some 500.
  return Object.entries(after).map(([name, megabytes]) =>
    below('scale', `memory of ${name} more than with 1,000 keys`, 'MB', megabytes - (before[name] ?? 0), 100),
  )
}

/** Plants more keys, waits until they are known, and measures with them. */
async function measureWith(installation: Installation, keys: number) {
  const { postgres, redis } = installation
  const [tables, inRedis] = [await tableBytes(postgres.url, 'credential'), await redisBytes(redis.url)]
  const { seconds, apiKeys } = await plant(postgres.url, keys)
  const from = performance.now()
  await letIn(installation, apiKeys.at(-1) ?? '')
  tell('planted', { keys, seconds, known: (performance.now() - from) / 1000 })
  const bytes = await tableBytes(postgres.url, 'credential')
  const each = Object.entries(bytes).map(([name, now]) => [name, Math.round((now - (tables[name] ?? 0)) / keys)])
  tell('bytes of each key', { ...Object.fromEntries(each), Redis: ((await redisBytes(redis.url)) - inRedis) / keys })
  const measured = { ...(await rates(installation, apiKeys)), resident: await residentMegabytes(installation) }
  tell('measured', measured)
  return { ...measured, apiKeys }
}

/** The same log in embedded mode. */
async function startEmbedded({ dataDir }: Installation, postgresUrl: string): Promise<readonly Measure[]> {
  const opsPort = await freePort()
  const from = performance.now()
  const settings = {
    GATEHOUSE_GATEWAY_OPS_PORT: String(opsPort),
    GATEHOUSE_POSTGRES_URL: postgresUrl,
    GATEHOUSE_KEY_ENCRYPTION_KEY: join(dataDir, 'keys', 'key-encryption-key'),
  }
  // How long it takes is measured, not bounded.
  const system = await startSystem('embedded', settings, { readyMsMax: 600_000 })
  try {
    const seconds = (performance.now() - from) / 1000
    const metrics = await (await fetch(`http://127.0.0.1:${opsPort}/metrics`)).text()
    const metric = (name: string) => Number(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)`, 'm').exec(metrics)?.[1])
    const resident = metric('process_resident_memory_bytes') / 2 ** 20
    tell('embedded', { seconds, processor: metric('process_cpu_seconds_total'), resident })
    return [below('scale', 'start, embedded, until the demo is let in', 's', seconds, 20)]
  } finally {
    await system.dispose()
  }
}

function tell(what: string, figures: object): void {
  console.error(`${what}: ${JSON.stringify(figures)}`)
}
