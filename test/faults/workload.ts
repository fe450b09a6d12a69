import { setTimeout as sleep } from 'node:timers/promises'
import { waitFor } from '@gatehouse/testkit'
import { callGateway } from './call-gateway.ts'
import type { Call, Command, History } from './history.ts'
import type { Installation } from './installation.ts'
import { type Key, operate } from './operate.ts'
import type { Random } from './random.ts'

export interface Workload {
  /** Grows while it runs. */
  readonly history: History
  /** Keys that were acknowledged and are not being acted on. */
  readonly active: readonly Key[]
  /** Keys whose revocation or suspension was acknowledged. */
  readonly blocked: readonly Key[]
  /** Issues keys until so many are active. */
  fill(count: number): Promise<void>
  /** Revokes an active key; answers it when that is acknowledged. */
  revokeOne(): Promise<Key>
  /** Waits until so many more commands were acknowledged, and each gateway has answered as many more calls. */
  progress(count: number): Promise<void>
  /** Waits for what is under way. What is still unknown stays so. */
  stop(): Promise<void>
}

export interface WorkloadOptions {
  readonly installation: Pick<Installation, 'demo' | 'gateways'>
  readonly random: Random
  /** Loops of commands and of calls. */
  readonly operators?: number
  readonly clients?: number
}

type Plan = 'issue' | 'rotate' | 'suspend' | 'revoke'

// Its commands are told apart from those of other workloads on the same installation.
let workloads = 0

/** Commands of operators and calls of clients, at random and side by side, until it is stopped. */
export function startWorkload({ installation, random, operators = 2, clients = 3 }: WorkloadOptions): Workload {
  const commands: Command[] = []
  const calls: Call[] = []
  const active: Key[] = []
  const blocked: Key[] = []
  let stopping = false
  const going = () => !stopping
  const name = `w${++workloads}`
  let number = 0

  async function command(action: Plan, key: Key | undefined, persistent: boolean): Promise<Key | undefined> {
    const id = `${name}-c${++number}`
    const until = persistent ? going : () => false
    const { command, made } = await operate(installation, { id, action, key }, until)
    commands.push(command)
    if (made) active.push(made)
    if (command.outcome !== 'ok' || !key) return undefined
    const acted = { ...key, settledAt: command.endedAt, position: command.position }
    if (action === 'suspend' || action === 'revoke') blocked.push(acted)
    return acted
  }

  /** A key that is acted on is nobody else's any more. */
  function take(): Key | undefined {
    return active.splice(random.between(0, active.length - 1), 1)[0]
  }

  async function operator(): Promise<void> {
    while (!stopping) {
      const plan = active.length < 12 ? 'issue' : (random.pick(plans) as Plan)
      await command(plan, plan === 'issue' ? undefined : take(), random.chance(0.7))
      await sleep(random.between(20, 100))
    }
  }

  async function client(): Promise<void> {
    while (!stopping) {
      const key = random.pick(random.chance(0.5) ? blocked.slice(-20) : active)
      const gateway = random.chance(0.5) ? 'gateway' : 'gateway-2'
      const choice = { gateway, strict: random.chance(0.4), carriesPosition: random.chance(0.2) } as const
      if (key) calls.push(await callGateway(installation, key, choice))
      await sleep(random.between(0, 40))
    }
  }

  const loops = [...Array.from({ length: operators }, operator), ...Array.from({ length: clients }, client)]
  return {
    history: { commands, calls },
    active,
    blocked,
    async fill(count) {
      while (active.length < count) await command('issue', undefined, true)
    },
    async revokeOne() {
      for (;;) {
        const key = take()
        const revoked = await command('revoke', key, true)
        if (key && revoked) return revoked
      }
    },
    async progress(count) {
      const [commandsDone, callsDone] = [commands.length, calls.length]
      const acknowledged = () => commands.slice(commandsDone).filter(({ outcome }) => outcome === 'ok')
      const answers = (name: string) =>
        calls.slice(callsDone).filter(({ gateway, status }) => gateway === name && status !== undefined)
      const reached = () =>
        [acknowledged(), answers('gateway'), answers('gateway-2')].every((all) => all.length >= count)
      await waitFor(reached, { what: 'commands and calls go on', timeoutMs: 30_000 })
    },
    async stop() {
      stopping = true
      await Promise.all(loops)
    },
  }
}

const plans: readonly Plan[] = ['issue', 'issue', 'issue', 'rotate', 'suspend', 'revoke', 'revoke']
