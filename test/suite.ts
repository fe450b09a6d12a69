import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Tally } from './tally.ts'

const reporter = join(import.meta.dirname, 'tally-reporter.ts')

export interface SuiteOptions {
  readonly step: string
  /** Of Vitest. */
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  /** Where the reporter may write. */
  readonly file: string
  /** Whether what Vitest prints is shown. */
  readonly quiet?: boolean
}

/** Runs tests by Vitest and tells what passed and failed. A run that fails otherwise is one failure more. */
export async function runSuite({ step, args, cwd, env, file, quiet = false }: SuiteOptions): Promise<Tally> {
  const command = ['run', ...args, '--reporter=default', `--reporter=${reporter}`]
  const output = quiet ? 'ignore' : 'inherit'
  const settings = {
    cwd,
    env: { ...env, TALLY_FILE: file, TALLY_STEP: step },
    stdio: ['ignore', output, output] as const,
  }
  const [code, signal] = await once(spawn('vitest', command, { ...settings, stdio: [...settings.stdio] }), 'exit')
  const written = await readFile(file, 'utf8').catch(() => undefined)
  const tally: Tally = written ? JSON.parse(written) : { passed: 0, failures: [] }
  if (tally.failures.length > 0) return tally
  if (written && code === 0) return tally
  const error = `vitest ended with ${signal ?? `code ${code}`}${written ? '' : ' and without a report'}`
  return { ...tally, failures: [{ step, error }] }
}
