import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runSuite } from './suite.ts'
import { describeFailure } from './tally.ts'

const root = join(import.meta.dirname, '..')
let directory: string

// Below the repository, so that the files find Vitest.
beforeEach(async () => {
  directory = await mkdtemp(join(root, 'node_modules', '.tally-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

/** Runs the files in a Vitest of their own; what is not a file's whole text comes after the imports. */
async function run(files: Readonly<Record<string, string>>) {
  for (const [name, text] of Object.entries(files))
    await writeFile(join(directory, `${name}.test.ts`), `import { beforeAll, describe, test } from 'vitest'\n${text}`)
  await writeFile(join(directory, 'vitest.config.ts'), 'export default {}')
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST')))
  const { passed, failures } = await runSuite({
    step: 'unit',
    args: ['--root', directory],
    cwd: directory,
    env,
    file: join(directory, 'tally.json'),
    quiet: true,
  })
  return { passed, failures: failures.map(describeFailure).sort() }
}

const passes = "test('passes', () => {})\n"

describe('the tally of a suite', { timeout: 60_000 }, () => {
  it('counts what passes, and names what fails: the test, its file, and the first line of the error', async () => {
    const a = `${passes}describe('a key', () => { test('is refused', () => { throw new Error('let in\\nsecond line') }) })`
    expect(await run({ a, b: passes })).toEqual({
      passed: 2,
      failures: ['✗ unit › a.test.ts › a key > is refused\n    let in'],
    })
  })

  it('has a failure for a file that does not load, for a hook that throws, and for an error outside of every test', async () => {
    const hook = `${passes}describe('a server', () => { beforeAll(() => { throw new Error('no port') })\n${passes}})`
    const stray = `test('passes', () => { Promise.reject(new Error('nobody waits')) })`
    expect(await run({ load: "throw new Error('no such setting')", hook, stray })).toEqual({
      passed: 2,
      failures: [
        '✗ unit › hook.test.ts › a server\n    no port',
        '✗ unit › load.test.ts\n    no such setting',
        '✗ unit › stray.test.ts\n    outside of every test: nobody waits',
      ],
    })
  })

  it('has a failure for a process that dies', async () => {
    const { passed, failures } = await run({ dies: "test('x', () => process.kill(process.pid, 'SIGKILL'))", b: passes })
    expect(passed).toBe(1)
    expect(failures.join()).toContain('dies.test.ts')
  })

  it('has a failure where there is no test', async () => {
    expect(await run({})).toEqual({ passed: 0, failures: [expect.stringMatching(/^✗ unit\n {4}/)] })
  })
})
