import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isAllow } from './history.ts'
import { type Installation, startInstallation } from './installation.ts'
import { faultSeed, outageMs, seededRandom } from './random.ts'
import { tally, violationsOf } from './verify.ts'
import { startWorkload } from './workload.ts'

let installation: Installation
beforeAll(async () => {
  installation = await startInstallation()
})
afterAll(() => installation?.[Symbol.asyncDispose]())

const downMs = outageMs(10)

test(
  `Kafka killed and gone for ${downMs / 1000} s: keys end by the pull path, traffic goes on, nothing is lost`,
  async () => {
    const workload = startWorkload({ installation, random: seededRandom(faultSeed) })
    await workload.fill(15)
    const broker = installation.kafka.broker(0)
    await broker.kill()
    const from = performance.now()
    await sleep(downMs)
    const until = performance.now()
    await broker.restart()
    await sleep(1_000)
    await workload.stop()

    const { history } = workload
    const meanwhile = <Item extends { invokedAt: number; endedAt: number }>(items: readonly Item[]) =>
      items.filter(({ invokedAt, endedAt }) => invokedAt > from && endedAt < until)
    console.log(`Kafka down ${Math.round(until - from)} ms; ${JSON.stringify(tally(history))}`)
    expect(
      meanwhile(history.commands).filter(({ action, outcome }) => action === 'revoke' && outcome === 'ok').length,
    ).toBeGreaterThan(5)
    expect(meanwhile(history.calls).filter(isAllow).length).toBeGreaterThan(20)
    expect(meanwhile(history.calls).filter(({ status }) => status === 503)).toEqual([])
    // The pull path bounds every operation: the control plane is there, so the end of the outage plays no part.
    const bound = { strictMs: 5_000, otherMs: 5_000, healedAt: 0 }
    expect(await violationsOf(installation, history, bound)).toEqual([])
    expect(performance.now() - until).toBeLessThan(45_000)
  },
  downMs + 150_000,
)
