// `npm run faults [NAME] [--seed N] [--minutes M]`: without a name and minutes every fault once, as the builds do; with
// minutes faults at random for so long, with names (`kill gateway,clock`) only those that hold their words. `npm run faults planted
// [NAME…]`: whether bugs that are planted are found.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startCampaign } from './campaign.ts'
import { everyFault, faultsNamed } from './fault/every.ts'
import { seededRandom } from './random.ts'
import { tally } from './verify.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string' }, minutes: { type: 'string' } },
})
const planted = positionals[0] === 'planted'
const named = positionals.length > 0 && !planted ? positionals.join(' ').split(',').flatMap(faultsNamed) : everyFault

if (planted) {
  const quiet = '--disable-warning=PromiseRejectionHandledWarning'
  process.exitCode = await exitCodeOf([quiet, join(import.meta.dirname, 'planted/run.ts'), ...positionals.slice(1)])
} else if (positionals.length === 0 && values.minutes === undefined) {
  const env = { ...process.env, ...(values.seed && { GATEHOUSE_FAULT_SEED: values.seed }) }
  process.exitCode = await exitCodeOf([join(import.meta.dirname, '..', 'run.ts'), 'faults'], env)
} else {
  const seed = Number(values.seed ?? Date.now() % 1_000_000)
  process.exitCode = (await campaign(seed, values.minutes)) ? 0 : 1
}

async function exitCodeOf(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<number> {
  const [code] = await once(spawn(process.execPath, args, { stdio: 'inherit', env }), 'exit')
  return code ?? 1
}

/** True when everything held. */
async function campaign(seed: number, minutes: string | undefined): Promise<boolean> {
  console.log(`seed ${seed}`)
  const random = seededRandom(seed)
  await using campaign = await startCampaign({ seed, short: minutes === undefined })
  const violations: string[] = []
  const done: string[] = []
  const until = performance.now() + Number(minutes ?? 0) * 60_000
  const goOn = () => (minutes === undefined ? done.length < named.length : performance.now() < until)
  while (goOn() && violations.length === 0) {
    const fault = minutes === undefined ? named[done.length] : random.pick(named)
    if (!fault) break
    done.push(fault.name)
    const from = performance.now()
    violations.push(...(await campaign.run(fault)))
    console.log(`${done.length} ${fault.name}: ${((performance.now() - from) / 1000).toFixed(1)} s`)
  }
  violations.push(...(await campaign.finish()))
  const file = join(await mkdtemp(join(tmpdir(), 'gatehouse-history-')), `${seed}.json`)
  await writeFile(file, JSON.stringify(campaign.history))
  const readyMs = campaign.readyMs.map(({ ms }) => Math.round(ms)).sort((a, b) => a - b)
  const middle = readyMs[readyMs.length >> 1]
  console.log(`${done.length} faults, ${readyMs.length} kills (ready after ${middle} ms, at most ${readyMs.at(-1)} ms)`)
  console.log(`${JSON.stringify(tally(campaign.history))}; the history is in ${file}`)
  for (const violation of violations) console.log(`VIOLATION ${violation}`)
  if (violations.length > 0) await keep(seed, done.slice(-5))
  return violations.length === 0
}

/** What found something is run again by every build. */
async function keep(seed: number, faults: readonly string[]): Promise<void> {
  const file = join(import.meta.dirname, 'seeds.json')
  const kept = JSON.parse(await readFile(file, 'utf8')) as object[]
  await writeFile(file, `${JSON.stringify([...kept, { seed, faults }], undefined, 2)}\n`)
  console.log(`kept in ${file}: seed ${seed}, ${faults.join(', ')}`)
}
