// `npm test`: the checks in order, their output as it comes, and one summary line at the end. `npm test unit lint` runs
// only those named, `npm test all` faults too.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { unpackEarlierProtos } from './earlier-protos.ts'
import { countTests, type Tally } from './tally.ts'

const root = join(import.meta.dirname, '..')
const env = { ...process.env, PATH: [join(root, 'node_modules/.bin'), process.env['PATH']].join(delimiter) }
const scratch = await mkdtemp(join(tmpdir(), 'gatehouse-test-'))

/** Runs a command of the repository with our output as its own; true when it succeeds. */
async function succeeds(command: string, ...args: string[]): Promise<boolean> {
  const [code] = await once(spawn(command, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] }), 'exit')
  return code === 0
}

/** A check counts as one test. */
async function check(command: string, ...args: string[]): Promise<Tally> {
  return (await succeeds(command, ...args)) ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
}

async function breakingCheck(): Promise<Tally> {
  const earlier = await unpackEarlierProtos(root, join(scratch, 'protos'))
  if (earlier) return check('buf', 'breaking', '--against', earlier)
  console.log('skipped: no earlier commit with protos to compare with')
  return { passed: 0, failed: 0 }
}

async function suite(project: string): Promise<Tally> {
  const file = join(scratch, `${project}.json`)
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  const ok = await succeeds('vitest', 'run', `--project=${project}`, ...reporters)
  return countTests(await readFile(file, 'utf8').catch(() => ''), ok)
}

const steps: Readonly<Record<string, () => Promise<Tally>>> = {
  lint: () => check('biome', 'check', '.'),
  types: () => check('tsc', '--noEmit'),
  'proto-lint': () => check('buf', 'lint'),
  'proto-format': () => check('buf', 'format', '--diff', '--exit-code'),
  'proto-breaking': breakingCheck,
  unit: () => suite('unit'),
  integration: () => suite('integration'),
  e2e: () => suite('e2e'),
  faults: () => suite('faults'),
}

const everything = Object.keys(steps)
// What breaks on purpose has a run of its own: it takes as long as the rest.
const usual = everything.filter((name) => name !== 'faults')
const asked = process.argv.slice(2)
const named = asked.length === 0 ? usual : asked.includes('all') ? everything : asked
const unknown = named.filter((name) => !(name in steps))
if (unknown.length > 0) throw new Error(`no such step: ${unknown.join(', ')}; there are all, ${everything.join(', ')}`)

const total = { passed: 0, failed: 0 }
for (const [name, step] of Object.entries(steps)) {
  if (!named.includes(name)) continue
  console.log(`── ${name}`)
  const start = performance.now()
  const { passed, failed } = await step()
  console.log(`── ${name}: ${failed > 0 ? 'FAILED' : 'ok'} in ${((performance.now() - start) / 1000).toFixed(1)} s`)
  total.passed += passed
  total.failed += failed
}
await rm(scratch, { recursive: true, force: true })
console.log(`${total.passed} passed, ${total.failed} failed`)
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0
