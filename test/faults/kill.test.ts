import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Installation, memberNames, startInstallation } from './installation.ts'
import { faultRounds, faultSeed, seededRandom } from './random.ts'
import { tally, violationsOf } from './verify.ts'
import { startWorkload } from './workload.ts'

let installation: Installation
beforeAll(async () => {
  installation = await startInstallation()
})
afterAll(() => installation?.[Symbol.asyncDispose]())

const rounds = faultRounds(3)
const killed = memberNames.filter((name) => name !== 'gateway-2')

test.each(killed)(
  `%s, killed ${rounds} times under load, loses nothing and doubles nothing`,
  async (name) => {
    const random = seededRandom(faultSeed + memberNames.indexOf(name))
    const workload = startWorkload({ installation, random, operators: 4 })
    await workload.fill(15)
    const readyMs: number[] = []
    for (let round = 0; round < rounds; round++) {
      await workload.progress(5)
      await sleep(random.between(0, 300))
      await installation.members[name].kill()
      readyMs.push(await installation.members[name].start())
    }
    const healedAt = performance.now()
    await workload.progress(10)
    await workload.stop()
    const counts = tally(workload.history)
    console.log(`${name}: ready after ${readyMs.map(Math.round).join(', ')} ms; ${JSON.stringify(counts)}`)
    expect(await violationsOf(installation, workload.history, { strictMs: 5_000, otherMs: 1_000, healedAt })).toEqual(
      [],
    )
    expect(counts['commands ok']).toBeGreaterThan(0)
    expect(counts['calls 200']).toBeGreaterThan(0)
    expect(Math.max(...readyMs)).toBeLessThan(10_000)
  },
  60_000 + rounds * 15_000,
)
