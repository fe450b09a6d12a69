// `npm test`: the checks in order, their output as it comes, then what failed, and one summary line at the end. `npm test unit lint` runs
// only those named, `npm test all` faults too.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { unpackEarlierProtos } from './earlier-protos.ts'
import { runSuite } from './suite.ts'
import { describeFailure, type Failure, type Tally } from './tally.ts'

const root = join(import.meta.dirname, '..')
const env = { ...process.env, PATH: [join(root, 'node_modules/.bin'), process.env['PATH']].join(delimiter) }
const scratch = await mkdtemp(join(tmpdir(), 'gatehouse-test-'))

/** Runs a command of the repository with our output as its own; true when it succeeds. */
async function succeeds(command: string, ...args: string[]): Promise<boolean> {
  const [code] = await once(spawn(command, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] }), 'exit')
  return code === 0
}

/** A check counts as one test. */
async function check(step: string, command: string, ...args: string[]): Promise<Tally> {
  if (await succeeds(command, ...args)) return { passed: 1, failures: [] }
  return { passed: 0, failures: [{ step, error: `${[command, ...args].join(' ')} fails` }] }
}

async function breakingCheck(): Promise<Tally> {
  const earlier = await unpackEarlierProtos(root, join(scratch, 'protos'))
  if (earlier) return check('proto-breaking', 'buf', 'breaking', '--against', earlier)
  console.log('skipped: no earlier commit with protos to compare with')
  return { passed: 0, failures: [] }
}

const suite = (step: string) =>
  runSuite({ step, args: [`--project=${step}`], cwd: root, env, file: join(scratch, `${step}.json`) })

const steps: Readonly<Record<string, () => Promise<Tally>>> = {
  lint: () => check('lint', 'biome', 'check', '.'),
  types: () => check('types', 'tsc', '--noEmit'),
  'proto-lint': () => check('proto-lint', 'buf', 'lint'),
  'proto-format': () => check('proto-format', 'buf', 'format', '--diff', '--exit-code'),
  'proto-breaking': breakingCheck,
  unit: () => suite('unit'),
  fuzz: () => suite('fuzz'),
  integration: () => suite('integration'),
  e2e: () => suite('e2e'),
  faults: () => suite('faults'),
  // The suites themselves, on bugs that are planted for them; all of those: `npm run faults planted`.
  planted: () => check('planted', 'node', 'test/faults/planted/run.ts', '--quick'),
}

const everything = Object.keys(steps)
// What breaks on purpose has a run of its own: it takes as long as the rest.
const usual = everything.filter((name) => name !== 'faults' && name !== 'planted')
const asked = process.argv.slice(2)
const named = asked.length === 0 ? usual : asked.includes('all') ? everything : asked
const unknown = named.filter((name) => !(name in steps))
if (unknown.length > 0) throw new Error(`no such step: ${unknown.join(', ')}; there are all, ${everything.join(', ')}`)

let passed = 0
const failures: Failure[] = []
for (const [name, step] of Object.entries(steps)) {
  if (!named.includes(name)) continue
  console.log(`── ${name}`)
  const start = performance.now()
  const tally = await step()
  const outcome = tally.failures.length > 0 ? 'FAILED' : 'ok'
  console.log(`── ${name}: ${outcome} in ${((performance.now() - start) / 1000).toFixed(1)} s`)
  passed += tally.passed
  failures.push(...tally.failures)
}
await rm(scratch, { recursive: true, force: true })
// Last, because whoever reads a long log reads its end.
for (const failure of failures) console.log(describeFailure(failure))
console.log(`${passed} passed, ${failures.length} failed`)
process.exitCode = failures.length > 0 || passed === 0 ? 1 : 0
