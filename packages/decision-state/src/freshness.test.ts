import type { Positions } from '@gatehouse/contracts/positions'
import type { WholeMark } from '@gatehouse/read-model'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createFreshness, type Freshness } from './freshness.ts'

let clock: number
let heads: { credential: bigint; policy: bigint }
let followed: Positions | undefined
let faults: unknown[]
let proven: WholeMark[]
let freshness: Freshness
let mark: WholeMark | undefined
let ask: (source: 'credential' | 'policy') => Promise<bigint>

beforeEach(() => {
  vi.useFakeTimers()
  clock = 10_000
  heads = { credential: 0n, policy: 0n }
  followed = { credential: 0n, policy: 0n }
  faults = []
  proven = []
  mark = undefined
  ask = async (source) => heads[source]
  freshness = createFreshness({
    heads: { credential: () => ask('credential'), policy: () => ask('policy'), token: async () => 0n },
    positions: () => followed && { token: 0n, ...followed },
    now: () => clock,
    onFault: (_, fault) => faults.push(fault),
    wholeMark: async () => mark,
    onProven: (whole) => proven.push(whole),
  })
})
afterEach(() => {
  freshness.close()
  vi.useRealTimers()
})

/** Time passes, and with it the probes. */
async function pass(ms: number) {
  for (let passed = 0; passed < ms; passed += 100) {
    clock += 100
    await vi.advanceTimersByTimeAsync(100)
  }
}

function follow(positions: Positions | undefined) {
  followed = positions
  freshness.onFollowed()
}

test('nothing is fresh before a probe was satisfied', async () => {
  expect(freshness.stalenessMs()).toBe(Number.POSITIVE_INFINITY)
  followed = undefined
  freshness.start()
  await pass(3_000)
  expect(freshness.stalenessMs()).toBe(Number.POSITIVE_INFINITY)
})

test('what is known after the log was asked cannot have been satisfied by it', async () => {
  followed = undefined
  freshness.start()
  await pass(400)
  heads.credential = 4n
  follow({ credential: 5n, policy: 0n })
  await pass(2_000)
  expect(freshness.stalenessMs()).toBe(Number.POSITIVE_INFINITY)
})

test('with nothing going on the state stays as fresh as the last probe', async () => {
  freshness.start()
  await pass(60_000)
  expect(freshness.stalenessMs()).toBeLessThanOrEqual(500)
})

test('one log that does not answer makes everything stale', async () => {
  freshness.start()
  await pass(1_000)
  ask = async (source) => {
    if (source === 'policy') throw new Error('unavailable')
    return heads.credential
  }
  await pass(5_000)
  expect(freshness.stalenessMs()).toBeGreaterThanOrEqual(5_000)
  expect(faults.length).toBeGreaterThan(5)
})

test('a log that hangs makes everything stale, and is not asked a second time meanwhile', async () => {
  freshness.start()
  await pass(1_000)
  let asked = 0
  ask = (source) => {
    if (source === 'credential') return Promise.resolve(heads.credential)
    asked += 1
    return new Promise(() => {})
  }
  await pass(5_000)
  expect(freshness.stalenessMs()).toBeGreaterThanOrEqual(4_900)
  expect(asked).toBe(1)
})

test('a stopped projector: staleness grows from the first event that is not followed', async () => {
  freshness.start()
  await pass(1_000)
  heads.credential = 1n
  await pass(10_000)
  expect(freshness.stalenessMs()).toBeGreaterThanOrEqual(10_000)
  follow({ credential: 1n, policy: 0n })
  expect(freshness.stalenessMs()).toBeLessThanOrEqual(500)
})

test('under a steady lag events keep coming and the staleness is the lag', async () => {
  freshness.start()
  await pass(1_000)
  for (let step = 1; step <= 300; step += 1) {
    heads.credential += 1n
    if (step > 100) followed = { credential: BigInt(step - 100), policy: 0n }
    freshness.onFollowed()
    await pass(100)
    if (step > 110) {
      expect(freshness.stalenessMs()).toBeGreaterThan(9_000)
      expect(freshness.stalenessMs()).toBeLessThan(11_000)
    }
  }
})

test('what was reached and got lost makes the state unknown until it is reached again', async () => {
  heads.credential = 100n
  freshness.start()
  follow({ credential: 100n, policy: 0n })
  await pass(1_000)
  expect(freshness.stalenessMs()).toBeLessThanOrEqual(500)
  follow({ credential: 0n, policy: 0n })
  expect(freshness.stalenessMs()).toBe(Number.POSITIVE_INFINITY)
  await pass(2_000)
  follow({ credential: 99n, policy: 0n })
  expect(freshness.stalenessMs()).toBe(Number.POSITIVE_INFINITY)
  follow({ credential: 100n, policy: 0n })
  expect(freshness.stalenessMs()).toBeLessThanOrEqual(500)
})

test('a log that ends before what was followed is not the log we follow', async () => {
  heads.credential = 4n
  follow({ credential: 5n, policy: 0n })
  freshness.start()
  await pass(2_000)
  expect(freshness.stalenessMs()).toBe(Number.POSITIVE_INFINITY)
  expect(String(faults[0])).toContain('ends at 4')
})

test('a head that goes back does not count', async () => {
  heads.credential = 9n
  freshness.start()
  await pass(1_000)
  heads.credential = 3n
  follow({ credential: 3n, policy: 0n })
  await pass(2_000)
  expect(freshness.stalenessMs()).toBe(Number.POSITIVE_INFINITY)
})

test('what is proven is told with the positions that were reached', async () => {
  heads.credential = 4n
  followed = { credential: 3n, policy: 0n }
  freshness.start()
  await pass(1_000)
  expect(proven).toEqual([])
  ask = async () => Promise.reject(new Error('unavailable'))
  await pass(1_000)
  follow({ credential: 5n, policy: 0n })
  expect(proven).toEqual([{ positions: { credential: 4n, policy: 0n, token: 0n }, ageMs: expect.any(Number) }])
  expect(proven[0]?.ageMs).toBeGreaterThanOrEqual(1_000)
  expect(freshness.provenStalenessMs()).toBe(freshness.stalenessMs())
})

describe('the mark of another process', () => {
  const unanswered = async (source: 'credential' | 'policy') => {
    if (source === 'credential') throw new Error('unavailable')
    return heads.policy
  }
  beforeEach(() => {
    mark = { positions: { credential: 5n, policy: 0n }, ageMs: 60_000 }
    followed = { credential: 5n, policy: 0n }
    ask = unanswered
  })

  test('stands in for a log that does not answer, with its age, and proves nothing', async () => {
    freshness.start()
    await pass(1_000)
    expect(freshness.stalenessMs()).toBeGreaterThanOrEqual(60_000)
    expect(freshness.stalenessMs()).toBeLessThan(62_000)
    expect(freshness.provenStalenessMs()).toBe(Number.POSITIVE_INFINITY)
    expect(proven).toEqual([])
  })

  test('is no longer needed once the log answers and is reached', async () => {
    freshness.start()
    await pass(1_000)
    ask = async (source) => heads[source]
    heads.credential = 6n
    await pass(1_000)
    expect(freshness.stalenessMs()).toBeGreaterThanOrEqual(60_000)
    follow({ credential: 6n, policy: 0n })
    expect(freshness.provenStalenessMs()).toBeLessThanOrEqual(1_000)
  })

  test.each<[string, { at?: bigint; answer?: bigint; mark?: WholeMark | undefined }]>([
    ['while the log answers', { answer: 9n }],
    ['before its positions are followed', { at: 4n }],
    ['before the positions of the other log are followed', { mark: { positions: { policy: 1n }, ageMs: 0 } }],
    ['when there is none', { mark: undefined }],
  ])('is not gone by %s', async (_, { at = 5n, answer, ...other }) => {
    if ('mark' in other) mark = other.mark
    if (answer !== undefined) ask = async (source) => (source === 'credential' ? answer : 0n)
    followed = { credential: at, policy: 0n }
    freshness.start()
    await pass(3_000)
    expect(freshness.stalenessMs()).toBe(Number.POSITIVE_INFINITY)
  })

  test('is not gone by after the log said that it is another one', async () => {
    freshness.start()
    await pass(1_000)
    ask = async () => 0n
    await pass(1_000)
    expect(freshness.stalenessMs()).toBe(Number.POSITIVE_INFINITY)
    ask = unanswered
    await pass(1_000)
    expect(freshness.stalenessMs()).toBe(Number.POSITIVE_INFINITY)
  })

  test('is not gone by where this process has seen more than it stands at', async () => {
    freshness.start()
    follow({ credential: 8n, policy: 0n })
    await pass(1_000)
    expect(freshness.stalenessMs()).toBeLessThan(62_000)
    follow({ credential: 4n, policy: 0n })
    mark = { positions: { credential: 4n, policy: 0n }, ageMs: 0 }
    await pass(1_000)
    expect(freshness.stalenessMs()).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('a demanded position', () => {
  test('that is followed is there at once', async () => {
    followed = { credential: 7n, policy: 2n }
    expect(await freshness.waitFor({ credential: 7n }, 0)).toBe(true)
  })

  test('is waited for', async () => {
    const waiting = freshness.waitFor({ credential: 7n, policy: 1n }, 1_000)
    follow({ credential: 7n, policy: 0n })
    follow({ credential: 7n, policy: 1n })
    expect(await waiting).toBe(true)
  })

  test('that does not come is given up in time', async () => {
    const waiting = freshness.waitFor({ credential: 7n }, 1_000)
    follow({ credential: 6n, policy: 0n })
    await pass(1_000)
    expect(await waiting).toBe(false)
  })

  test('is not reached by a state that nobody knows', async () => {
    followed = undefined
    const waiting = freshness.waitFor({ credential: 1n }, 100)
    await pass(100)
    expect(await waiting).toBe(false)
  })

  test('is refused at once when a thousand wait already', async () => {
    const waiting = Array.from({ length: 1_000 }, () => freshness.waitFor({ credential: 7n }, 1_000))
    expect(await freshness.waitFor({ credential: 7n }, 1_000)).toBe(false)
    follow({ credential: 7n, policy: 0n })
    expect(await Promise.all(waiting)).toEqual(Array(1_000).fill(true))
  })
})
