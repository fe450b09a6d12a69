import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { waitFor } from '@gatehouse/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { callGateway } from './call-gateway.ts'
import { type Call, isAllow } from './history.ts'
import { type Installation, startInstallation } from './installation.ts'
import type { Key } from './operate.ts'
import { faultSeed, seededRandom } from './random.ts'
import { tally, violationsOf } from './verify.ts'
import { startWorkload, type Workload } from './workload.ts'

const run = promisify(execFile)
/** Where a file system of our own can be mounted: as root, and not in every container. */
const mounts = await run('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).then(
  () => true,
  () => false,
)

let installation: Installation
let workload: Workload
beforeAll(async () => {
  installation = await startInstallation({
    // The quota of the first gateway: three files, one of them the reserve. The second one has a small disk.
    settings: { GATEHOUSE_SPOOL_SEGMENT_BYTES: '65536', GATEHOUSE_SPOOL_SEGMENTS: '3' },
    secondSettings: mounts ? { GATEHOUSE_SPOOL_SEGMENTS: '64' } : {},
    prepare: smallDisk,
  })
  workload = startWorkload({ installation, random: seededRandom(faultSeed), operators: 0, clients: 0 })
  await workload.fill(3)
})
afterAll(() => installation?.[Symbol.asyncDispose]())

async function smallDisk(dataDir: string): Promise<() => Promise<unknown>> {
  if (!mounts) return async () => {}
  const spool = join(dataDir, 'gateway-2', 'spool')
  await mkdir(spool)
  await run('mount', ['-t', 'tmpfs', '-o', 'size=512k,mode=0700', 'tmpfs', spool])
  return () => run('umount', [spool])
}

const cases = [
  ['quota', 'gateway'],
  ['disk', 'gateway-2'],
] as const

test.each(cases.filter(([what]) => what === 'quota' || mounts))(
  'with the %s of the spool used up, %s refuses with 503, then answers nothing, and recovers by itself',
  async (_, gateway) => {
    const [key] = workload.active as readonly [Key]
    const calls: Call[] = []
    const call = async () => {
      const made = await callGateway(installation, key, { gateway, strict: false, carriesPosition: false })
      calls.push(made)
      return made
    }
    await waitFor(async () => isAllow(await call()))
    await installation.kafka.broker(0).kill()
    // The reserve takes refusals until it is used up too; then a connection ends without an answer.
    await waitFor(async () => (await call()).status === undefined, { timeoutMs: 60_000, intervalMs: 0 })
    const full = calls.length
    const refused = calls.findIndex(({ status }) => status === 503)
    for (let n = 0; n < 20; n++) await call()
    expect(calls.slice(full).filter(({ status }) => status !== undefined && status !== 503)).toEqual([])
    expect(calls.slice(refused, full).filter(isAllow)).toEqual([])
    expect(refused).toBeGreaterThan(30)
    expect(calls.filter(({ status }) => status === 503).length).toBeGreaterThan(10)

    await installation.kafka.broker(0).restart()
    const from = performance.now()
    await waitFor(async () => isAllow(await call()), { timeoutMs: 60_000, intervalMs: 50 })
    const history = { commands: workload.history.commands, calls }
    console.log(
      `${gateway}: allowed again after ${Math.round(performance.now() - from)} ms; ${JSON.stringify(tally(history))}`,
    )
    expect(await violationsOf(installation, history, { strictMs: 0, otherMs: 0, healedAt: 0 })).toEqual([])
  },
  150_000,
)
