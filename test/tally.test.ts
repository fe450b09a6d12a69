import { describe, expect, it } from 'vitest'
import { countTests } from './tally.ts'

function report(passed: number, failed: number, ...files: [string, ...string[]][]): string {
  const testResults = files.map(([status, ...tests]) => ({
    status,
    assertionResults: tests.map((each) => ({ status: each })),
  }))
  return JSON.stringify({ numPassedTests: passed, numFailedTests: failed, testResults })
}

describe('the count of a suite', () => {
  it('is that of its report', () => {
    expect(countTests(report(2, 0, ['passed', 'passed', 'passed']), true)).toEqual({ passed: 2, failed: 0 })
    expect(countTests(report(1, 1, ['failed', 'passed', 'failed']), false)).toEqual({ passed: 1, failed: 1 })
  })

  it('has a failure for a file that does not load', () => {
    expect(countTests(report(1, 0, ['failed'], ['passed', 'passed']), false)).toEqual({ passed: 1, failed: 1 })
  })

  it('has a failure for a hook that throws after tests that pass', () => {
    expect(countTests(report(1, 0, ['failed', 'passed']), false)).toEqual({ passed: 1, failed: 1 })
  })

  it('has a failure for an error outside of every file', () => {
    expect(countTests(report(1, 0, ['passed', 'passed']), false)).toEqual({ passed: 1, failed: 1 })
  })

  it('has a failure where there is no test, and where there is no report', () => {
    expect(countTests(report(0, 0), true)).toEqual({ passed: 0, failed: 1 })
    expect(countTests('', true)).toEqual({ passed: 0, failed: 1 })
  })
})
