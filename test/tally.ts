import { relative } from 'node:path'
import type { SerializedError } from 'vitest'
import type { TestModule } from 'vitest/node'

/** What went wrong, and where: a check, or a test by file and name. */
export interface Failure {
  /** "unit", "lint", … */
  readonly step: string
  /** From the root of the repository; absent where no file is known. */
  readonly file?: string
  /** The test under its suites: "a key > is refused"; absent for what failed outside of every test. */
  readonly test?: string
  /** Its first line. */
  readonly error: string
}

export interface Tally {
  readonly passed: number
  readonly failures: readonly Failure[]
}

type Errors = readonly { readonly message?: string; readonly name?: string }[]

const firstLine = (errors: Errors | undefined) => {
  const [{ message, name } = {}] = errors ?? []
  return (message || name || 'no error was given').split('\n', 1).join()
}

/** What fails outside of a file's tests: it does not load, a hook of it or of a suite throws, its process dies. */
function* failuresAround(module: TestModule, step: string): Generator<Failure> {
  const file = module.relativeModuleId
  const outside = [module, ...module.children.allSuites()].filter((each) => each.errors().length > 0)
  for (const each of outside) {
    const suite = each.type === 'suite' ? { test: each.fullName } : {}
    yield { step, file, ...suite, error: firstLine(each.errors()) }
  }
  const state = module.state()
  if (state === 'pending' || state === 'queued') yield { step, file, error: 'it did not come to its end' }
  const tests = [...module.children.allTests('failed')]
  if (state === 'failed' && tests.length + outside.length === 0)
    yield { step, file, error: 'it failed without an error' }
}

function* failuresIn(module: TestModule, step: string): Generator<Failure> {
  for (const test of module.children.allTests('failed'))
    yield { step, file: module.relativeModuleId, test: test.fullName, error: firstLine(test.result().errors) }
  yield* failuresAround(module, step)
}

/** An error that nobody waited for, with the file in which Vitest saw it. */
function strayFailure(step: string, error: SerializedError): Failure {
  const path = error['VITEST_TEST_PATH']
  const file = typeof path === 'string' ? { file: relative(process.cwd(), path) } : {}
  return { step, ...file, error: `outside of every test: ${firstLine([error])}` }
}

/** Counts a run of Vitest. A run in which no test passes has failed. */
export function tallyOf(step: string, modules: readonly TestModule[], stray: readonly SerializedError[]): Tally {
  const passed = modules.reduce((sum, { children }) => sum + [...children.allTests('passed')].length, 0)
  const failures = modules.flatMap((module) => [...failuresIn(module, step)])
  failures.push(...stray.map((error) => strayFailure(step, error)))
  if (passed + failures.length === 0) failures.push({ step, error: 'no test passed' })
  return { passed, failures }
}

/** Two lines for a reader who looks for it in a long log. */
export function describeFailure({ step, file, test, error }: Failure): string {
  return `✗ ${[step, file, test].filter(Boolean).join(' › ')}\n    ${error}`
}
