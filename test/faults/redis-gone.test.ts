import { setTimeout as sleep } from 'node:timers/promises'
import { waitFor } from '@gatehouse/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { callGateway } from './call-gateway.ts'
import { checkGoodKeys } from './check/good-keys.ts'
import { isAllow } from './history.ts'
import { type Installation, startInstallation } from './installation.ts'
import { faultRounds, faultSeed, outageMs, seededRandom } from './random.ts'
import { tally, violationsOf } from './verify.ts'
import { startWorkload, type Workload } from './workload.ts'

let installation: Installation
beforeAll(async () => {
  installation = await startInstallation()
})
afterAll(() => installation?.[Symbol.asyncDispose]())

const goneMs = outageMs(3)
const rounds = faultRounds(3)

const losses: readonly [string, () => Promise<void>][] = [
  ['FLUSHALL', () => installation.redis.flushAll()],
  [
    `Redis killed, gone for ${goneMs / 1000} s and empty when it is back`,
    async () => {
      await installation.redis.kill()
      await sleep(goneMs)
      await installation.redis.restart()
    },
  ],
]

test.each(losses)(
  '%s: no ended key is let in, no good key is called wrong, and the state is folded again by itself',
  async (_, lose) => {
    const workload = startWorkload({ installation, random: seededRandom(faultSeed) })
    await workload.fill(30)
    for (let round = 0; round < 8; round++) await workload.revokeOne()
    await sleep(1_000)
    const knownSince = performance.now()
    const wholeMs: number[] = []
    for (let round = 0; round < rounds; round++) {
      await lose()
      wholeMs.push(await whole(workload))
      await sleep(500)
    }
    await workload.stop()

    const { history } = workload
    console.log(`whole again after ${wholeMs.map(Math.round).join(', ')} ms; ${JSON.stringify(tally(history))}`)
    // The bound of health: that the model is empty must never make it longer.
    const bound = { strictMs: 1_000, otherMs: 1_000, healedAt: 0 }
    expect(await violationsOf(installation, history, bound)).toEqual([])
    expect(checkGoodKeys(history, knownSince)).toEqual([])
    expect(Math.max(...wholeMs)).toBeLessThan(10_000)
  },
  90_000 + rounds * (goneMs + 15_000),
)

/** Waits until both gateways let a good key in; answers how long that took in ms. */
async function whole(workload: Workload): Promise<number> {
  const from = performance.now()
  const choices = (['gateway', 'gateway-2'] as const).map((gateway) => ({
    gateway,
    strict: true,
    carriesPosition: false,
  }))
  await waitFor(
    async () => {
      const key = workload.active.at(-1)
      if (!key) return false
      const calls = await Promise.all(choices.map((choice) => callGateway(installation, key, choice)))
      return calls.every(isAllow)
    },
    { what: 'both gateways let a good key in', timeoutMs: 30_000 },
  )
  return performance.now() - from
}
