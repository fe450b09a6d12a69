import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CompiledRateLimit, compileRateLimit, type GcraState, gcra } from '../src/index.ts'

function limitOf(requests: number, periodMs: number, burst = 0): CompiledRateLimit {
  const period = { seconds: BigInt(Math.floor(periodMs / 1000)), nanos: (periodMs % 1000) * 1e6 }
  const limit = compileRateLimit({ name: 'a', requests: BigInt(requests), period, burst: BigInt(burst) })
  if (typeof limit === 'string') throw new Error(limit)
  return limit
}

/** Virtual scheduling (ITU-T I.371) on exact fractions: times in 1/requests of a microsecond. */
function oracle(limit: CompiledRateLimit) {
  const requests = BigInt(limit.requests)
  const interval = BigInt(limit.periodMicros)
  const tolerance = interval * BigInt(limit.burst - 1)
  let arrival = 0n
  const ceilMs = (time: bigint) => (time <= 0n ? 0 : Number((time + requests * 1000n - 1n) / (requests * 1000n)))
  return (nowMicros: number) => {
    const now = BigInt(nowMicros) * requests
    const base = arrival > now ? arrival : now
    const allowed = base - tolerance <= now
    if (allowed) arrival = base + interval
    const after = arrival > now ? arrival : now
    return {
      allowed,
      remaining: Number((tolerance + interval - (after - now)) / interval),
      resetMs: ceilMs(after - now),
      retryAfterMs: ceilMs(after - tolerance - now),
    }
  }
}

test('agrees with virtual scheduling on exact fractions, request by request', () => {
  const limits = fc.tuple(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 100_000 }), fc.nat({ max: 300 }))
  const steps = fc.array(
    fc.oneof(fc.nat({ max: 500 }), fc.nat({ max: 200_000 }), fc.constantFrom(0, 1, 1000, 60_000_000, 1e12)),
    { minLength: 1, maxLength: 60 },
  )
  fc.assert(
    fc.property(limits, steps, ([requests, periodMs, burst], waits) => {
      const limit = limitOf(requests, periodMs, burst)
      const expected = oracle(limit)
      let state: GcraState | undefined
      let now = 1.77e15
      for (const wait of waits) {
        now += wait
        const { state: next, ...answer } = gcra(limit, state, now)
        expect(answer).toEqual(expected(now))
        expect(Number.isSafeInteger(next.level)).toBe(true)
        state = next
      }
    }),
    { numRuns: 500 },
  )
})

test('never lets more through than burst and rate allow', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 20 }),
      fc.infiniteStream(fc.nat({ max: 40_000 })),
      (requests, burst, waits) => {
        const limit = limitOf(requests, 1000, burst)
        let state: GcraState | undefined
        let now = 1e15
        const start = now
        let allowed = 0
        for (let count = 0; count < 200; count++) {
          now += waits.next().value ?? 0
          const answer = gcra(limit, state, now)
          state = answer.state
          if (answer.allowed) allowed++
        }
        expect(allowed).toBeLessThanOrEqual(burst + ((now - start) / 1e6) * requests)
      },
    ),
  )
})

describe('one limit of 10 in a minute, 3 at once', () => {
  const limit = limitOf(10, 60_000, 3)

  test('lets the burst through, then says when', () => {
    let state: GcraState | undefined
    const answers = [0, 0, 0, 0].map((wait) => {
      const answer = gcra(limit, state, 1e15 + wait)
      state = answer.state
      return answer
    })
    expect(answers.map(({ allowed }) => allowed)).toEqual([true, true, true, false])
    expect(answers.map(({ remaining }) => remaining)).toEqual([2, 1, 0, 0])
    expect(answers[3]).toMatchObject({ resetMs: 18_000, retryAfterMs: 6000 })
    expect(gcra(limit, state, 1e15 + 5_999_999).allowed).toBe(false)
    expect(gcra(limit, state, 1e15 + 6_000_000)).toMatchObject({ allowed: true, remaining: 0 })
  })

  test('a denied request costs nothing', () => {
    const full = { level: limit.capacity, atMicros: 1e15 }
    expect(gcra(limit, full, 1e15).state).toEqual(full)
  })

  test('a clock that steps back gives nothing away', () => {
    const full = { level: limit.capacity, atMicros: 1e15 }
    const back = gcra(limit, full, 1e15 - 3_600e6)
    expect(back).toMatchObject({ allowed: false, state: full })
    expect(gcra(limit, back.state, 1e15 + 5_999_999).allowed).toBe(false)
  })

  test('the burst is the requests when it is not given', () => {
    expect(limitOf(10, 60_000)).toMatchObject({ burst: 10 })
  })
})

describe('limits that are none', () => {
  const second = { seconds: 1n, nanos: 0 }
  test.each([
    ['requests', { requests: 0n }],
    ['requests', { requests: -1n }],
    ['requests', { requests: 2n ** 62n }],
    ['period', { period: undefined }],
    ['period', { period: { seconds: 0n, nanos: 0 } }],
    ['period', { period: { seconds: -1n, nanos: 0 } }],
    ['period', { period: { seconds: 2n ** 60n, nanos: 0 } }],
    ['period', { period: { seconds: 1n, nanos: 1 } }],
    ['burst', { burst: -1n }],
    ['burst', { burst: 2n ** 40n }],
    ['requests', { requests: 1_000_003n, period: { seconds: 2_592_000n, nanos: 0 } }],
  ])('%s of %o', (field, changes) => {
    const limit = compileRateLimit({ name: 'a', requests: 1n, period: second, burst: 0n, ...changes })
    expect(limit).toMatch(new RegExp(`^${field}: must be `))
  })
})
