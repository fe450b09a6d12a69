// `npm run bench -- [NAME…] [--rounds N] [--minutes M] [--plot FILE] [--keys N]`
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Bench, BenchOptions, Measure } from './measure.ts'

const names = globSync('*.bench.ts', { cwd: import.meta.dirname })
  .map((file) => file.slice(0, -'.bench.ts'.length))
  .sort()
const { values, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string' },
    minutes: { type: 'string' },
    plot: { type: 'string' },
    keys: { type: 'string' },
  },
})
const options: BenchOptions = {
  rounds: above0('rounds', values.rounds),
  minutes: above0('minutes', values.minutes),
  plot: values.plot,
  keys: above0('keys', values.keys),
}
const unknown = wanted.find((name) => !names.includes(name))
if (unknown) {
  console.error(`no benchmark ${unknown}; there are: ${names.join(' ')}`)
  process.exit(1)
}

const measures: Measure[] = []
for (const name of wanted.length > 0 ? wanted : names) {
  console.error(`${name} …`)
  const { bench } = (await import(join(import.meta.dirname, `${name}.bench.ts`))) as { bench: Bench }
  for (const measure of await bench.run(options)) {
    console.log(JSON.stringify(measure))
    measures.push(measure)
  }
}
console.table(
  measures.map(({ bench, metric, value, unit, peer, ratio, goal, ok }) => ({
    bench,
    metric,
    value,
    unit,
    peer,
    ratio,
    goal,
    ok,
  })),
)
process.exit(measures.every(({ ok }) => ok) ? 0 : 1)

function above0(name: string, text: string | undefined): number | undefined {
  const value = text === undefined ? undefined : Number(text)
  if (value === undefined || value > 0) return value
  console.error(`--${name} must be a number above 0, not ${text}`)
  process.exit(1)
}
