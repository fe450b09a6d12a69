// `npm run fuzz [file…] [-- --cases N] [--seed N] [-t name]`: longer than in CI, from a seed that nobody knows unless
// one is given. What fails is kept in examples.json.
import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { parseArgs } from 'node:util'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    cases: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(randomInt(2 ** 30)) },
    t: { type: 'string', short: 't' },
  },
})
for (const [name, value] of Object.entries({ cases: values.cases, seed: values.seed })) {
  if (!/^[0-9]{1,12}$/.test(value)) throw new Error(`--${name} must be a whole number`)
}
console.log(`seed ${values.seed}, ${values.cases} cases of each engine`)
const named = values.t ? ['-t', values.t.replace(/[^\w ]/g, '.')] : []
const env = { ...process.env, FUZZ_CASES: values.cases, FUZZ_SEED: values.seed, FUZZ_KEEP: '1' }
const [code] = await once(
  spawn('vitest', ['run', '--project=fuzz', ...positionals, ...named], { env, stdio: 'inherit' }),
  'exit',
)
process.exitCode = code ?? 1
