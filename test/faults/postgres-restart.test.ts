import { setTimeout as sleep } from 'node:timers/promises'
import { waitFor } from '@gatehouse/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Command, isAllow } from './history.ts'
import { type Installation, startInstallation } from './installation.ts'
import { operate } from './operate.ts'
import { faultRounds, faultSeed, seededRandom } from './random.ts'
import { tally, violationsOf } from './verify.ts'
import { startWorkload } from './workload.ts'

let installation: Installation
beforeAll(async () => {
  installation = await startInstallation()
})
afterAll(() => installation?.[Symbol.asyncDispose]())

const rounds = faultRounds(2)
const goneMs = 2_000

test(
  'Postgres ended at once and started again: commands are unavailable meanwhile, and none that was acknowledged is lost',
  async () => {
    const random = seededRandom(faultSeed)
    const workload = startWorkload({ installation, random })
    await workload.fill(15)
    const recoveryMs: number[] = []
    const probes: Command[] = []
    for (let round = 0; round < rounds; round++) {
      await sleep(random.between(200, 1_500))
      await installation.postgres.kill('immediate')
      const from = performance.now()
      const refused = await probe(`down-${round}`)
      expect(refused).toMatchObject({
        outcome: 'unknown',
        answer: expect.stringMatching(/^503 .*"event_store_unavailable"/),
      })
      // It says that nothing was written.
      probes.push({ ...refused, outcome: 'fail' })
      await sleep(goneMs)
      const calls = workload.history.calls.filter(({ invokedAt }) => invokedAt > from)
      expect(calls.filter((call) => !call.strict && isAllow(call)).length).toBeGreaterThan(0)
      await installation.postgres.restart()
      const restarted = performance.now()
      await waitFor(async () => (await probe(`up-${round}`)).outcome === 'ok', { timeoutMs: 30_000, intervalMs: 50 })
      recoveryMs.push(performance.now() - restarted)
    }
    const healedAt = performance.now()
    await sleep(1_000)
    await workload.stop()

    console.log(
      `commands again after ${recoveryMs.map(Math.round).join(', ')} ms; ${JSON.stringify(tally(workload.history))}`,
    )
    const history = { ...workload.history, commands: [...workload.history.commands, ...probes] }
    expect(await violationsOf(installation, history, { strictMs: 5_000, otherMs: 1_000, healedAt })).toEqual([])
    expect(Math.max(...recoveryMs)).toBeLessThan(10_000)
  },
  90_000 + rounds * 30_000,
)

/** One command, sent once. */
async function probe(id: string) {
  return (await operate(installation, { id, action: 'issue', key: undefined }, () => false)).command
}
