import type { CompiledRateLimit } from '@gatehouse/policy-engine'
import { compileRateLimit } from '@gatehouse/policy-engine'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Counters } from './counters.ts'

function limit(requests: bigint, seconds: bigint, burst = 0n): CompiledRateLimit {
  const compiled = compileRateLimit({ name: 'test', requests, period: { seconds, nanos: 0 }, burst })
  if (typeof compiled === 'string') throw new Error(compiled)
  return compiled
}

/** What every adapter of Counters does. */
export function countersContract(adapter: string, open: () => Promise<Counters>): void {
  describe(`${adapter} counters`, () => {
    let counters: Counters
    let subject = 0
    const fresh = () => `subject-${process.pid}-${++subject}`
    beforeAll(async () => {
      counters = await open()
    })
    afterAll(() => counters.close())

    test('a burst is let through, and nothing beyond it', async () => {
      const limits = [{ key: fresh(), limit: limit(10n, 3600n) }]
      const answers = []
      for (let n = 0; n < 12; n++) answers.push(await counters.consume(limits))
      expect(answers.map(({ allowed }) => allowed)).toEqual([...Array(10).fill(true), false, false])
      expect(answers[0]?.answer.remaining).toBe(9)
      expect(answers[11]?.answer.retryAfterMs).toBeGreaterThan(350_000)
    })

    test('a request that one limit denies costs no other limit', async () => {
      const wide = { key: fresh(), limit: limit(3n, 3600n) }
      const narrow = { key: fresh(), limit: limit(1n, 3600n) }
      expect((await counters.consume([wide, narrow])).allowed).toBe(true)
      expect((await counters.consume([wide, narrow])).allowed).toBe(false)
      expect((await counters.consume([wide, narrow])).allowed).toBe(false)
      expect((await counters.consume([wide])).answer.remaining).toBe(1)
    })

    test('subjects are counted apart', async () => {
      const [one, other] = [fresh(), fresh()]
      const single = limit(1n, 3600n)
      expect((await counters.consume([{ key: one, limit: single }])).allowed).toBe(true)
      expect((await counters.consume([{ key: one, limit: single }])).allowed).toBe(false)
      expect((await counters.consume([{ key: other, limit: single }])).allowed).toBe(true)
    })

    test('the tightest limit is the one the client is told of', async () => {
      const tight = limit(2n, 3600n)
      const { limit: told } = await counters.consume([
        { key: fresh(), limit: limit(100n, 3600n) },
        { key: fresh(), limit: tight },
      ])
      expect(told).toBe(tight)
    })

    test('parallel requests never exceed the burst', async () => {
      const limits = [{ key: fresh(), limit: limit(20n, 3600n) }]
      const answers = await Promise.all(Array.from({ length: 100 }, () => counters.consume(limits)))
      expect(answers.filter(({ allowed }) => allowed)).toHaveLength(20)
    })
  })
}
