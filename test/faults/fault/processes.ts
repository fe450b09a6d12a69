import { setTimeout as sleep } from 'node:timers/promises'
import { callGateway } from '../call-gateway.ts'
import { type Call, isAllow } from '../history.ts'
import { type MemberName, memberNames } from '../installation.ts'
import type { Scene, SceneFault } from './scene.ts'

export const kills: readonly SceneFault[] = memberNames.map((name) => ({
  name: `kill ${name}`,
  async run({ installation, workload, random, ready }) {
    await workload.progress(random.between(1, 5))
    const underWay = workload.issueAtOnce(8)
    await sleep(random.between(0, 20))
    await installation.members[name].kill()
    ready(name, await installation.members[name].start())
    await underWay
  },
}))

/** So many kills at any moment, some of two processes at once, the next when what was killed is ready again. */
export function killing(count: number): SceneFault {
  return {
    name: `${count} kills`,
    async run({ installation: { members }, workload, random, ready }) {
      for (let killed = 0; killed < count; ) {
        const underWay = workload.issueAtOnce(4)
        await sleep(random.between(0, 100))
        const names = new Set([random.pick(memberNames), random.chance(0.1) ? random.pick(memberNames) : undefined])
        const victims = [...names].filter((name) => name !== undefined).slice(0, count - killed)
        killed += victims.length
        await Promise.all(victims.map((name) => members[name].kill()))
        await Promise.all(victims.map(async (name) => ready(name, await members[name].start())))
        await underWay
      }
    },
  }
}

export const stops: readonly SceneFault[] = memberNames.map((name) => ({
  name: `stop ${name}`,
  run: (scene) => (name === 'gateway' || name === 'gateway-2' ? stopGateway(scene, name) : stop(scene, name)),
}))

async function stop({ installation, outage }: Scene, name: MemberName): Promise<void> {
  installation.members[name].signal('SIGSTOP')
  await outage(2_000)
  installation.members[name].signal('SIGCONT')
}

/** Calls wait in the sockets of the stopped process, which decides on them when it is continued. */
async function stopGateway({ installation, workload, outage }: Scene, gateway: 'gateway' | 'gateway-2') {
  installation.members[gateway].signal('SIGSTOP')
  const calls: Promise<Call>[] = []
  const key = await workload.revokeOne()
  for (let n = 0; n < 6; n++)
    calls.push(callGateway(installation, key, { gateway, strict: true, carriesPosition: false }))
  await outage(6_000)
  installation.members[gateway].signal('SIGCONT')
  const waited = await Promise.all(calls)
  workload.add({ calls: waited })
  // Sent after the end, decided later than 5 s after it.
  return waited
    .filter(isAllow)
    .map(({ requestId }) => `${gateway} let ${key.id} in on a state of before (${requestId})`)
}
