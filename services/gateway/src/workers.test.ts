import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Readiness, reportReadiness } from './workers.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('a worker tells that it serves, ready or not, and from then on what changes', () => {
  const told: Readiness[] = []
  let ready = false
  reportReadiness(
    () => ready,
    (message) => told.push(message),
  )
  expect(told).toEqual(['not_ready'])
  for (ready of [true, true, false, false, true]) vi.advanceTimersByTime(1_000)
  expect(told).toEqual(['not_ready', 'ready', 'not_ready', 'ready'])
})
