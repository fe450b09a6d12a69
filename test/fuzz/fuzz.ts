import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'

/** Cases of each engine, and the seed of the first batch. `npm run fuzz` sets both, and a seed that nobody knows. */
const cases = Number(process.env['FUZZ_CASES'] ?? 100_000)
const seed = Number(process.env['FUZZ_SEED'] ?? 1)
/** After each batch the worker may answer its parent, and what failed is found again by the seed of its batch alone. */
const batchCases = 1000

const examplesFile = join(import.meta.dirname, 'examples.json')

/** Arguments that once failed, by the name of their property. */
type Examples = Record<string, unknown[][]>

function readExamples(): Examples {
  return JSON.parse(readFileSync(examplesFile, 'utf8'))
}

/**
 * One property, on every example that once failed and on its share of the cases.
 * @param arbitraries give what JSON can hold, so that a failure can be kept
 * @param share of the engine's cases, 1 for all
 * @param check throws when the property does not hold
 */
export function fuzz<Args extends [unknown, ...unknown[]]>(
  name: string,
  arbitraries: { [Index in keyof Args]: fc.Arbitrary<Args[Index]> },
  check: (...args: Args) => void | Promise<void>,
  { share = 1 }: { readonly share?: number } = {},
): void {
  // Only what says its bounds in cases ends by itself.
  test(name, { timeout: 0 }, async () => {
    for (const example of readExamples()[name] ?? []) await check(...(example as Args))
    const property = fc.asyncProperty(...arbitraries, async (...args) => {
      const running = check(...args)
      if (running) await running
    })
    const wanted = Math.ceil(cases * share)
    for (let done = 0, batch = seed; done < wanted; done += batchCases, batch++) {
      const details = await fc.check(property, { seed: batch, numRuns: Math.min(batchCases, wanted - done) })
      if (details.failed) expect.fail(report(name, batch, details))
      await setImmediate()
    }
  })
}

function report<Args extends [unknown, ...unknown[]]>(name: string, batch: number, details: fc.RunDetails<Args>) {
  const kept = keep(name, details.counterexample)
  return `${fc.defaultReportMessage(details)}\n${details.errorInstance}\n\n${kept}\nagain: npm run fuzz -- --seed ${batch} --cases ${batchCases} -t '${name}'`
}

/** What failed stays in the repository for ever. */
function keep(name: string, counterexample: unknown[] | null): string {
  if (!counterexample) return ''
  const text = JSON.stringify(counterexample)
  if (process.env['FUZZ_KEEP'] !== '1') return `for test/fuzz/examples.json, under ${JSON.stringify(name)}: ${text}`
  const examples = readExamples()
  const all = { ...examples, [name]: [...(examples[name] ?? []), counterexample] }
  writeFileSync(examplesFile, `${JSON.stringify(all, undefined, 2)}\n`)
  return `kept in test/fuzz/examples.json: ${text}`
}
