import { globSync } from 'node:fs'
import { join } from 'node:path'
import type { Bench, Measure } from './measure.ts'

const benches = await Promise.all(
  globSync('*.bench.ts', { cwd: import.meta.dirname })
    .sort()
    .map(async (file) => ((await import(join(import.meta.dirname, file))) as { bench: Bench }).bench),
)
const wanted = process.argv.slice(2)
const unknown = wanted.find((name) => !benches.some((bench) => bench.name === name))
if (unknown) {
  console.error(`no benchmark ${unknown}; there are: ${benches.map(({ name }) => name).join(' ')}`)
  process.exit(1)
}

const measures: Measure[] = []
for (const bench of benches.filter(({ name }) => !wanted.length || wanted.includes(name))) {
  console.error(`${bench.name} …`)
  for (const measure of await bench.run()) {
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
