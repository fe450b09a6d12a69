import { join } from 'node:path'
import { createVitest, type TestModule, type TestUserConfig } from 'vitest/node'
import { type Edit, type Plant, plantInto } from './plant.ts'
import { isOfInstallation } from './plants.ts'

const root = join(import.meta.dirname, '..', '..', '..')

/** What became of a plant. */
export interface Outcome {
  readonly plant: Plant
  readonly caught: boolean
  /** The tests that failed, or why there is no catch. */
  readonly saw: string
  readonly seconds: number
}

export interface Findings {
  readonly outcomes: readonly Outcome[]
  /** Tests that fail on the sound product: what they say of a plant means nothing. */
  readonly unsound: readonly string[]
}

/** Runs the proof of each plant on the product with that bug, and all of them on the product as it is. */
export async function prove(plants: readonly Plant[]): Promise<Findings> {
  // Two installations at once take each other's ports and processors: what fails then says nothing.
  const [apart, together] = [plants.filter(isOfInstallation), plants.filter((plant) => !isOfInstallation(plant))]
  const findings = [await proveWith(2, together), await proveWith(1, apart)]
  return {
    outcomes: findings.flatMap(({ outcomes }) => outcomes),
    unsound: findings.flatMap(({ unsound }) => unsound),
  }
}

async function proveWith(maxWorkers: number, plants: readonly Plant[]): Promise<Findings> {
  if (plants.length === 0) return { outcomes: [], unsound: [] }
  const vitest = await createVitest(
    { config: false, root, watch: false, reporters: [quiet] },
    {
      test: {
        maxWorkers,
        projects: [project(maxWorkers, sound), ...plants.map((plant) => project(maxWorkers, plant.name, plant))],
      },
    },
  )
  try {
    const projects = new Map(vitest.projects.map((each) => [each.name, each]))
    const specification = (name: string, { file, tests }: Plant['caughtBy']) => {
      const found = projects.get(name)
      if (!found) throw new Error(`no project ${name}`)
      return found.createSpecification(join(root, file), { testNames: [...tests] })
    }
    const specifications = [
      ...soundProofs(plants).map((proof) => specification(sound, proof)),
      ...plants.map((plant) => specification(plant.name, plant.caughtBy)),
    ]
    const { testModules } = await vitest.runTestSpecifications(specifications)
    const modules = Map.groupBy(testModules, (module) => module.project.name)
    return {
      outcomes: plants.map((plant) => outcomeOf(plant, modules.get(plant.name)?.[0])),
      unsound: soundProofs(plants).flatMap((proof) => unsoundIn(proof, modules.get(sound) ?? [])),
    }
  } finally {
    await vitest.close()
  }
}

const sound = 'sound'
const quiet = {}

function project(maxWorkers: number, name: string, plant?: Plant) {
  const env = { NODE_OPTIONS: `--import=${join(import.meta.dirname, 'load.ts')}`, PLANTED_BUG: plant?.name ?? '' }
  const test: TestUserConfig = {
    ...{ name, env, root, maxWorkers, pool: 'forks' },
    globalSetup: [join(root, 'packages/testkit/src/shared/global-setup.ts')],
    include: ['{packages,services,test}/**/*.{test,scenario}.ts'],
    // It is kept by what a file holds: not by the bug that is planted into it.
    fsModuleCache: false,
    ...{ testTimeout: 60_000, hookTimeout: 180_000 },
  }
  return { test, plugins: plant ? [planting(plant.edits)] : [] }
}

/** Vitest brings modules to its workers by itself: the hooks of Node see those of other processes alone. */
function planting(edits: readonly Edit[]) {
  return {
    name: 'planting',
    enforce: 'pre' as const,
    transform(source: string, id: string) {
      const wanted = edits.filter(({ file }) => id === join(root, file))
      return wanted.length === 0 ? null : wanted.reduce(plantInto, source)
    },
  }
}

/** Each file once, with all tests of it that are a proof of something. */
function soundProofs(plants: readonly Plant[]): Plant['caughtBy'][] {
  const byFile = Map.groupBy(plants, ({ caughtBy }) => caughtBy.file)
  return [...byFile].map(([file, of]) => ({ file, tests: [...new Set(of.flatMap(({ caughtBy }) => caughtBy.tests))] }))
}

interface Result {
  readonly name: string
  /** The first line of why; undefined when it passed. */
  readonly failure: string | undefined
  /** It failed on what it claims: what merely breaks, for whatever reason, is no catch. */
  readonly refuted: boolean
}

/** Without the tests that were left out. */
function resultsOf(module: TestModule): Result[] {
  return [...module.children.allTests()].flatMap((test) => {
    const result = test.result()
    if (result.state === 'skipped' || result.state === 'pending') return []
    const [error] = result.state === 'failed' ? result.errors : []
    const refuted = error?.name === 'AssertionError' || error?.message.startsWith('Property failed') === true
    return { name: test.fullName, failure: error?.message.split('\n', 1)[0], refuted }
  })
}

/** Those of its hooks included, after which no test of theirs runs. */
function errorsOf(module: TestModule) {
  return [...module.errors(), ...[...module.children.allSuites()].flatMap((suite) => suite.errors())]
}

function outcomeOf(plant: Plant, module: TestModule | undefined): Outcome {
  const none = (saw: string): Outcome => ({ plant, caught: false, saw, seconds: 0 })
  if (!module) return none('the proof did not run')
  const { duration, collectDuration, setupDuration } = module.diagnostic()
  const seconds = (duration + collectDuration + setupDuration) / 1000
  const results = resultsOf(module)
  const first = results.find(({ failure }) => failure !== undefined)
  if (!first) {
    const [error] = errorsOf(module)
    const why = error ? `broken: ${error.message}` : `${results.length} tests passed`
    return { ...none(why), seconds }
  }
  return { plant, caught: first.refuted, saw: `${first.name}: ${first.failure}`, seconds }
}

function unsoundIn({ file, tests }: Plant['caughtBy'], modules: readonly TestModule[]): string[] {
  const module = modules.find(({ moduleId }) => moduleId === join(root, file))
  if (!module) return [`${file} did not run`]
  const results = resultsOf(module)
  const missing = tests.filter((name) => !results.some((result) => result.name === name))
  return [
    ...errorsOf(module).map(({ message }) => `${file}: ${message}`),
    ...missing.map((name) => `${file}: there is no test ${name}`),
    ...results.flatMap(({ name, failure }) => (failure === undefined ? [] : [`${file}: ${name}: ${failure}`])),
  ]
}
