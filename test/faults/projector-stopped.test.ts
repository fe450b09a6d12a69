import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { callGateway } from './call-gateway.ts'
import { type Call, isAllow } from './history.ts'
import { type Installation, startInstallation } from './installation.ts'
import { faultRounds, faultSeed, outageMs, seededRandom } from './random.ts'
import { tally, violationsOf } from './verify.ts'
import { startWorkload } from './workload.ts'

let installation: Installation
beforeAll(async () => {
  installation = await startInstallation()
})
afterAll(() => installation?.[Symbol.asyncDispose]())

const stoppedMs = outageMs(10)

// Every gateway projects; in the short form one of them is stopped.
const stopped = (['gateway', 'gateway-2'] as const).slice(0, faultRounds(1))

test.each(stopped)(
  `%s stopped for ${stoppedMs / 1000} s and continued: it lets no ended key in on a strict operation, and the other one takes over`,
  async (stopped) => {
    const workload = startWorkload({ installation, random: seededRandom(faultSeed), operators: 1 })
    await workload.fill(15)
    await sleep(500)
    const other = stopped === 'gateway' ? 'gateway-2' : 'gateway'
    const calls: Promise<Call>[] = []
    installation.members[stopped].signal('SIGSTOP')
    const until = performance.now() + stoppedMs
    const key = await workload.revokeOne()
    const revokedAt = performance.now()
    while (performance.now() < until) {
      // They wait in the sockets of the stopped process, which will decide on them when it is continued.
      for (const strict of [true, false])
        calls.push(callGateway(installation, key, { gateway: stopped, strict, carriesPosition: false }))
      const elsewhere = await callGateway(installation, key, { gateway: other, strict: false, carriesPosition: false })
      if (performance.now() > revokedAt + 1_000) expect(elsewhere.status).toBe(401)
      await sleep(250)
    }
    installation.members[stopped].signal('SIGCONT')
    const waited = await Promise.all(calls)
    const strict = waited.filter((call) => call.strict)
    await sleep(1_000)
    await workload.stop()

    console.log(
      `${stopped}: ${waited.map(({ status }) => status).join(' ')}; ${JSON.stringify(tally(workload.history))}`,
    )
    expect(strict.length).toBeGreaterThan(5)
    // Ended before they were sent, and decided later than 5 s after the end: none may be let in.
    expect(strict.filter(isAllow)).toEqual([])
    const history = { ...workload.history, calls: [...workload.history.calls, ...waited] }
    const bound = { strictMs: 5_000, otherMs: 5_000, healedAt: until }
    expect(await violationsOf(installation, history, bound)).toEqual([])
  },
  stoppedMs + 120_000,
)
