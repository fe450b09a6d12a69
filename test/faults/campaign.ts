import { setTimeout as sleep } from 'node:timers/promises'
import { eventSources } from '@gatehouse/contracts/events'
import { waitFor } from '@gatehouse/testkit'
import pg from 'pg'
import { manage } from '../e2e/client.ts'
import { exchanging } from './bearer.ts'
import { callGateway } from './call-gateway.ts'
import { unpublished } from './evidence.ts'
import type { Scene, SceneFault } from './fault/scene.ts'
import { type History, isAllow } from './history.ts'
import { type Installation, startInstallation } from './installation.ts'
import { type Random, seededRandom } from './random.ts'
import { violationsOf } from './verify.ts'
import { startWorkload, type Workload } from './workload.ts'

/** Faults, one after the other, on one installation under load. */
export interface Campaign extends AsyncDisposable {
  readonly history: History
  /** How long killed processes took to be ready again, in ms. */
  readonly readyMs: readonly { readonly member: string; readonly ms: number }[]
  /** Does a fault, undoes it, and waits until nothing lags; answers what did not hold meanwhile. */
  run(fault: SceneFault): Promise<readonly string[]>
  /** Ends the load and checks the whole history. */
  finish(): Promise<readonly string[]>
}

export interface CampaignOptions {
  readonly seed: number
  /** Outages as short as they can be, for every build. */
  readonly short: boolean
}

const bound = { strictMs: 5_000, otherMs: 5_000, healedAt: 0 }
// A new signing key takes over while the campaign runs.
const settings = { GATEHOUSE_JWKS_CACHE_SECONDS: '2' }

export async function startCampaign({ seed, short }: CampaignOptions): Promise<Campaign> {
  await using opened = new AsyncDisposableStack()
  const installation = opened.use(await startInstallation({ brokers: 3, linked: true, settings }))
  await allowExchange(installation)
  const random = seededRandom(seed)
  const workload = startWorkload({ installation, random: seededRandom(seed + 1), bearers: 1, publishers: 1 })
  opened.defer(() => workload.stop())
  await workload.fill(15)
  const readyMs: { member: string; ms: number }[] = []
  const ready = (member: string, ms: number) => void readyMs.push({ member, ms })
  const outage = (shortMs: number) => sleep(short ? shortMs : random.between(shortMs / 2, shortMs * 3))
  const scene: Scene = { installation, workload, random, outage, ready }
  const closing = opened.move()
  return {
    history: workload.history,
    readyMs,
    run: (fault) => runFault(scene, fault),
    async finish() {
      await workload.stop()
      return violationsOf(installation, workload.history, bound)
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  }
}

async function runFault(scene: Scene, { name, run, hinders = true }: SceneFault): Promise<readonly string[]> {
  const from = performance.now()
  // What was not undone shows in all that follows.
  const violations = (await run(scene).catch((error) => [`it could not be done: ${String(error)}`])) ?? []
  const to = performance.now()
  const settledAt = await settled(scene.installation, scene.workload, scene.random)
  const checkpoint = settledAt === undefined ? undefined : await checkpointOf(scene.installation)
  scene.workload.add({ fault: { name, from, to, settledAt, hinders, checkpoint } })
  const late = settledAt === undefined ? ['something lags 60 s after it'] : []
  return [...violations, ...endedUnasked(scene.installation), ...late]
}

async function checkpointOf(installation: Installation): Promise<string> {
  const sign = () => manage<{ checkpoint: string }>(installation, 'GET', '/v1/ledger/checkpoint')
  const { checkpoint } = await waitFor(sign, { what: 'the ledger is signed', timeoutMs: 30_000 })
  return checkpoint
}

/** No fault ends a process that was not killed. */
function endedUnasked({ members }: Installation): string[] {
  return Object.entries(members).flatMap(([name, member]) => {
    const code = member.endedWith()
    return code === undefined ? [] : [`the ${name} service ended by itself, with code ${code}`]
  })
}

/** When both gateways let a good key in, and all that was known when the fault ended has got everywhere. */
async function settled(installation: Installation, workload: Workload, random: Random): Promise<number | undefined> {
  const client = new pg.Client({ connectionString: installation.postgres.url })
  client.on('error', () => {})
  try {
    await waitFor(() => client.connect().then(() => true), { timeoutMs: 30_000 })
    const heads = await headsOf(client)
    const arrived = async () => {
      const followed = await Promise.all(
        [installation.members.gateway, installation.members['gateway-2']].map((gateway) =>
          gateway.metric('gatehouse_readmodel_applied_position'),
        ),
      )
      if (followed.some((position) => position < heads)) return false
      for (const source of eventSources) if ((await unpublished(client, source)) > 5) return false
      return (await shipped(installation)) && (await lettingIn(installation, workload, random))
    }
    await waitFor(arrived, { what: 'nothing lags', timeoutMs: 60_000, intervalMs: 50 })
    return performance.now()
  } catch (error) {
    console.log(String(error))
    return undefined
  } finally {
    await client.end().catch(() => {})
  }
}

async function headsOf(client: pg.Client): Promise<number> {
  let sum = 0
  for (const source of eventSources) {
    const { rows } = await client.query<{ position: string }>(`SELECT position FROM ${source}.log_head`)
    sum += Number(rows[0]?.position)
  }
  return sum
}

async function shipped({ members }: Installation): Promise<boolean> {
  const waiting = await Promise.all(
    [members.gateway, members['gateway-2'], members.console].map((each) =>
      each.metric('gatehouse_audit_unacked_seconds'),
    ),
  )
  return waiting.every((seconds) => seconds < 3)
}

async function lettingIn(installation: Installation, workload: Workload, random: Random): Promise<boolean> {
  const key = random.pick(workload.active)
  if (!key) return false
  const calls = await Promise.all(
    (['gateway', 'gateway-2'] as const).map((gateway) =>
      callGateway(installation, key, { gateway, strict: true, carriesPosition: false }),
    ),
  )
  workload.add({ calls })
  return calls.every(isAllow)
}

/** The demo's client exchanges tokens, too. */
async function allowExchange(installation: Installation): Promise<void> {
  const path = `/v1/clients/${installation.demo.client_id}`
  const { client } = await manage<{ client: { registration: object } }>(installation, 'GET', path)
  const registration = exchanging(installation.demo, client.registration)
  await manage(installation, 'POST', `${path}/change`, { registration })
}
