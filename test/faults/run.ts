// `npm run faults [NAME] [--seed N] [--minutes M]`: without a name and minutes every fault once, as the builds do; with
// minutes faults at random for so long, with names (`kill gateway,clock`) only those that hold their words. `npm run faults
// -- --kills N [--seed N]`: so many kills of processes. `npm run faults planted [NAME…]`: whether bugs that are planted
// are found.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Campaign, startCampaign } from './campaign.ts'
import { everyFault, faultsNamed } from './fault/every.ts'
import { killing } from './fault/processes.ts'
import type { SceneFault } from './fault/scene.ts'
import { type Random, seededRandom } from './random.ts'
import { tally } from './verify.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string' }, minutes: { type: 'string' }, kills: { type: 'string' } },
})
const planted = positionals[0] === 'planted'
const named = positionals.length > 0 && !planted ? positionals.join(' ').split(',').flatMap(faultsNamed) : everyFault

/** What is promised of a killed process. */
const readyBoundMs = 5_000
/** Between two looks at whether everything has got everywhere. */
const killsTogether = 20

if (planted) {
  const quiet = '--disable-warning=PromiseRejectionHandledWarning'
  process.exitCode = await exitCodeOf([quiet, join(import.meta.dirname, 'planted/run.ts'), ...positionals.slice(1)])
} else if (positionals.length === 0 && values.minutes === undefined && values.kills === undefined) {
  const env = { ...process.env, ...(values.seed && { GATEHOUSE_FAULT_SEED: values.seed }) }
  process.exitCode = await exitCodeOf([join(import.meta.dirname, '..', 'run.ts'), 'faults'], env)
} else {
  const seed = Number(values.seed ?? Date.now() % 1_000_000)
  // Not by itself: Node was seen to wait for ever for what its closed sockets had begun.
  process.exit((await campaign(seed)) ? 0 : 1)
}

async function exitCodeOf(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<number> {
  const [code] = await once(spawn(process.execPath, args, { stdio: 'inherit', env }), 'exit')
  return code ?? 1
}

/** The faults that are asked for, one after the other. */
function* faultsOf(random: Random): Generator<SceneFault> {
  const until = performance.now() + Number(values.minutes ?? 0) * 60_000
  for (let left = Number(values.kills ?? 0); left > 0; left -= killsTogether)
    yield killing(Math.min(left, killsTogether))
  while (performance.now() < until) yield random.pick(named) as SceneFault
  if (values.minutes === undefined && values.kills === undefined) yield* named
}

/** True when everything held. */
async function campaign(seed: number): Promise<boolean> {
  console.log(`seed ${seed}`)
  await using campaign = await startCampaign({ seed, short: values.minutes === undefined })
  const violations: string[] = []
  const done: string[] = []
  for (const fault of faultsOf(seededRandom(seed))) {
    if (violations.length > 0) break
    done.push(fault.name)
    const from = performance.now()
    violations.push(...(await campaign.run(fault)))
    console.log(`${done.length} ${fault.name}: ${((performance.now() - from) / 1000).toFixed(1)} s`)
  }
  violations.push(...(await campaign.finish()))
  const file = join(await mkdtemp(join(tmpdir(), 'gatehouse-history-')), `${seed}.json`)
  await writeFile(file, JSON.stringify(campaign.history))
  console.log(`${done.length} faults, ${readiness(campaign.readyMs)}`)
  console.log(`${JSON.stringify(tally(campaign.history))}; the history is in ${file}`)
  for (const violation of violations) console.log(`VIOLATION ${violation}`)
  if (violations.length > 0 && values.kills === undefined) await keep(seed, done.slice(-5))
  return violations.length === 0
}

function readiness(kills: Campaign['readyMs']): string {
  if (kills.length === 0) return 'no kills'
  const sorted = kills.toSorted((a, b) => a.ms - b.ms)
  const told = (at: number) => Math.round(sorted[at]?.ms ?? Number.NaN)
  const over = sorted.filter(({ ms }) => ms > readyBoundMs).map(({ member }) => member)
  const late = Object.entries(Object.groupBy(over, (member) => member)).map(
    ([member, all]) => `${member} ${all?.length}`,
  )
  const [middle, p99, most] = [told(kills.length >> 1), told(Math.floor(kills.length * 0.99)), told(kills.length - 1)]
  return `${kills.length} kills (ready after ${middle} ms, p99 ${p99}, at most ${most}; after more than 5 s: ${late.join(', ') || 'none'})`
}

/** What found something is run again by every build. */
async function keep(seed: number, faults: readonly string[]): Promise<void> {
  const file = join(import.meta.dirname, 'seeds.json')
  const kept = JSON.parse(await readFile(file, 'utf8')) as object[]
  await writeFile(file, `${JSON.stringify([...kept, { seed, faults }], undefined, 2)}\n`)
  console.log(`kept in ${file}: seed ${seed}, ${faults.join(', ')}`)
}
