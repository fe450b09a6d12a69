export interface Tally {
  readonly passed: number
  readonly failed: number
}

/** The part of Vitest's JSON report that is counted. */
interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly { status: string }[] }[]
}

/**
 * Counts what a suite's report says. A file that failed outside of its tests (it does not load, a hook throws) is one
 * failure more; so is a run that failed otherwise (an unhandled rejection), wrote no report, or found no test at all.
 */
export function countTests(json: string, succeeded: boolean): Tally {
  if (json === '') return { passed: 0, failed: 1 }
  const report = JSON.parse(json) as Report
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  )
  const passed = report.numPassedTests
  const failed = report.numFailedTests + broken.length
  return { passed, failed: failed === 0 && (!succeeded || passed === 0) ? 1 : failed }
}
