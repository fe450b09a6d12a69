import { writeFileSync } from 'node:fs'
import type { SerializedError } from 'vitest'
import type { Reporter, TestModule } from 'vitest/node'
import { tallyOf } from './tally.ts'

/** Writes the tally of a run as JSON to the file that `TALLY_FILE` names, for the step that `TALLY_STEP` names. */
export default class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], stray: readonly SerializedError[]): void {
    const { TALLY_FILE: file, TALLY_STEP: step } = process.env
    if (!file || !step) throw new Error('TALLY_FILE and TALLY_STEP are not set')
    writeFileSync(file, JSON.stringify(tallyOf(step, modules, stray)))
  }
}
