import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CredentialServiceClient, IssueApiKeyRequest } from '@gatehouse/contracts/credential/v1/credential_service'
import { createClient } from '@gatehouse/grpc-service'
import { freePort } from '@gatehouse/testkit'
import { type ControlPlane, startControlPlane } from './control-plane.ts'
import { type BenchGateway, startGatewayProcess } from './gateway-process.ts'
import { type Bench, below, type Measure, median, percentile } from './measure.ts'
import { pacedLoad } from './paced-load.ts'
import { startUpstream } from './peers/nginx.ts'
import { type Panel, plot } from './plot.ts'
import { holdOn } from './process.ts'
import { condensed, type Sample, trendOf } from './trend.ts'
import { requestsPerSecond } from './wrk.ts'

const share = 0.7
const windowSeconds = 3
const connections = 64
/** Left out at the start: code is still compiled and caches fill. */
const warmUpShare = 0.1
/** Parts of the time that the trend is drawn through. */
const spans = 10

interface Series {
  readonly metric: string
  readonly unit: string
  /** What the trend may add from the first sample to the last: of the level in the middle, and in the unit. */
  readonly shareMax: number
  readonly plus: number
  /** Which value stands for a part of the time: of memory that is collected now and then, what is left. */
  readonly pick: (values: readonly number[]) => number
}

const least = (values: readonly number[]) => Math.min(...values)

const series = {
  heap: { metric: 'heap', unit: 'MB', shareMax: 0.1, plus: 1, pick: least },
  rss: { metric: 'resident memory', unit: 'MB', shareMax: 0.1, plus: 1, pick: least },
  // Connections to the upstream come and go, at most one for each of a client's; what leaks leaks by the request.
  handles: { metric: 'handles', unit: 'open', shareMax: 0, plus: connections / 2, pick: least },
  descriptors: { metric: 'descriptors', unit: 'open', shareMax: 0, plus: connections / 2, pick: least },
  p50: { metric: 'latency p50', unit: 'ms', shareMax: 0.1, plus: 0.05, pick: median },
  p99: { metric: 'latency p99', unit: 'ms', shareMax: 0.2, plus: 0.5, pick: median },
} as const satisfies Record<string, Series>

type Name = keyof typeof series
type Samples = Record<Name, Sample[]>

/** A gateway at 70 % of what it can carry, a credential changing each second: what grows with time? */
export const bench: Bench = {
  name: 'soak',
  async run({ minutes = 20, plot: file = join(tmpdir(), 'gatehouse-soak.svg') }) {
    using _elsewhere = holdOn(1)
    await using opened = new AsyncDisposableStack()
    const [upstreamPort, opsPort] = [await freePort(), await freePort()]
    const control = opened.use(await startControlPlane(`http://127.0.0.1:${upstreamPort}`))
    const upstream = await startUpstream(1, upstreamPort)
    opened.defer(() => upstream.stop())
    const more = { GATEHOUSE_GATEWAY_OPS_PORT: String(opsPort) }
    const gateway = await startGatewayProcess(control, { cpu: 0, node: 'bench', more })
    opened.defer(() => gateway.stop())
    opened.use(keepChanging(control))
    const perSecond = Math.floor(share * (await capacity(gateway, control)))
    console.error(`soak: ${minutes} minutes at ${perSecond} requests/s`)
    const samples = await soak(gateway, control, { perSecond, minutes, opsPort })
    const measured = (Object.keys(series) as Name[]).map((name) => judged(series[name], samples[name]))
    writeFileSync(
      file,
      plot(
        `${minutes} minutes at ${perSecond} requests/s`,
        measured.map(({ panel }) => panel),
      ),
    )
    console.error(`soak: plot in ${file}`)
    return measured.map(({ measure }) => measure)
  },
}

/** @returns requests a second, closed loop, after a warm-up */
async function capacity({ url }: BenchGateway, { key }: ControlPlane): Promise<number> {
  const headers = { 'X-API-Key': key.apiKey }
  const load = () => requestsPerSecond({ url: `${url}/orders/items`, headers, seconds: 3, connections, cpu: 1 })
  await load()
  return median([await load(), await load(), await load()])
}

async function soak(
  { url }: BenchGateway,
  { key }: ControlPlane,
  { perSecond, minutes, opsPort }: { perSecond: number; minutes: number; opsPort: number },
): Promise<Samples> {
  const samples: Samples = { heap: [], rss: [], handles: [], descriptors: [], p50: [], p99: [] }
  const rate = { perSecond, seconds: minutes * 60, connections, windowSeconds }
  const startedAt = performance.now()
  for await (const times of pacedLoad(1, { url: `${url}/orders/items`, apiKey: key.apiKey, ...rate })) {
    const at = (performance.now() - startedAt) / 60_000
    // After the end its connections are gone.
    if (at < minutes * warmUpShare || at > minutes) continue
    const now = { ...(await observe(opsPort)), p50: percentile(times, 0.5), p99: percentile(times, 0.99) }
    for (const name of Object.keys(series) as Name[]) samples[name].push({ at, value: now[name] })
  }
  return samples
}

/** What the process says of itself. */
async function observe(opsPort: number) {
  const text = await (await fetch(`http://127.0.0.1:${opsPort}/metrics`)).text()
  const read = (name: string) => {
    const value = Number(new RegExp(`^${name}(?:{[^}]*})? (\\S+)$`, 'm').exec(text)?.[1])
    if (!Number.isFinite(value)) throw new Error(`the gateway does not tell ${name}`)
    return value
  }
  return {
    heap: read('nodejs_heap_size_used_bytes') / 2 ** 20,
    rss: read('process_resident_memory_bytes') / 2 ** 20,
    handles: read('nodejs_active_handles_total'),
    descriptors: read('process_open_fds'),
  }
}

function judged(of: Series, samples: readonly Sample[]): { measure: Measure; panel: Panel } {
  const trend = trendOf(condensed(samples, spans, of.pick))
  const [first, last] = [trend.valueAt(samples[0]?.at ?? 0), trend.valueAt(samples.at(-1)?.at ?? 0)]
  const bound = Number((((first + last) / 2) * of.shareMax + of.plus).toPrecision(3))
  const measure = below('soak', `${of.metric}, growth by its trend`, of.unit, last - first, bound)
  return { measure, panel: { title: of.metric, unit: of.unit, samples, trend } }
}

/** Suspends and resumes a key of nobody, one command a second: events flow, the state stays as large as it is. */
function keepChanging({ addresses, tls, key }: ControlPlane): AsyncDisposable {
  const credential = createClient(CredentialServiceClient, { address: addresses.credential, tls, peer: 'credential' })
  const over = new AbortController()
  const command = { expectedVersion: undefined, reason: 'bench' }
  const changing = (async () => {
    const order = { subscriptionId: key.subscriptionId, displayName: 'soak' }
    const issued = await credential.issueApiKey(
      IssueApiKeyRequest.fromPartial({ ...order, requestId: crypto.randomUUID() }),
    )
    const apiKeyId = issued.apiKey?.apiKeyId ?? ''
    for (let turn = 0; !over.signal.aborted; turn++) {
      const change = turn % 2 === 0 ? credential.suspendApiKey : credential.resumeApiKey
      await change({ ...command, apiKeyId, requestId: crypto.randomUUID() })
      await sleep(1000, undefined, { signal: over.signal }).catch(() => undefined)
    }
  })()
  return {
    async [Symbol.asyncDispose]() {
      over.abort()
      await changing
      credential.close()
    },
  }
}
