import { expect, test } from 'vitest'
import { Expiring } from './expiring.ts'

test('what has expired is told once, all of it in a bounded number of steps, and nothing before its time', () => {
  const expiring = new Expiring()
  for (let n = 0; n < 5_000; n += 1) expiring.add(60_000 + (n % 600) * 1_000, 'reference_token', `r${n}`)
  expiring.add(61_000, 'revoked_token', 't')
  const told: string[] = []
  const sweep = (nowMs: number) => expiring.sweep(nowMs, (noun, id) => told.push(`${noun}/${id}`))
  sweep(59_999)
  expect(told).toEqual([])
  sweep(120_000)
  expect(told).toContain('reference_token/r0')
  expect(told).toContain('revoked_token/t')
  expect(told).not.toContain('reference_token/r61')
  const before = told.length
  sweep(3_600_000)
  expect(told.length - before).toBe(2_000)
  for (let n = 0; n < 5; n += 1) sweep(3_600_000)
  expect(told).toHaveLength(5_001)
  expect(new Set(told).size).toBe(5_001)
})
