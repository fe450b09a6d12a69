import { setTimeout as sleep } from 'node:timers/promises'
import { waitFor } from '@gatehouse/testkit'
import { bear } from './bearer.ts'
import { callGateway } from './call-gateway.ts'
import type { Action, Call, Command, Fault, History, Redemption } from './history.ts'
import type { Installation } from './installation.ts'
import { type Key, operate } from './operate.ts'
import { publish } from './publisher.ts'
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
  /** Issues so many keys at once; resolves when all of them are. */
  issueAtOnce(count: number): Promise<unknown>
  /** Revokes an active key; answers it when that is acknowledged. */
  revokeOne(): Promise<Key>
  /** Waits until so many more commands were acknowledged, and each gateway has answered as many more calls. */
  progress(count: number): Promise<void>
  /** Takes what somebody else has done to the same installation into the history. */
  add(more: { readonly calls?: readonly Call[]; readonly fault?: Fault }): void
  /** Waits for what is under way. What is still unknown stays so. */
  stop(): Promise<void>
}

export interface WorkloadOptions {
  readonly installation: Pick<Installation, 'demo' | 'gateways'>
  readonly random: Random
  /** Loops of commands and of calls. */
  readonly operators?: number
  readonly clients?: number
  /** Loops that get, refresh and exchange tokens, and that publish. Default none. */
  readonly bearers?: number
  readonly publishers?: number
}

type Plan = Exclude<Action, 'publish'>

// Its commands are told apart from those of other workloads on the same installation.
let workloads = 0

/** Commands of operators and calls of clients, at random and side by side, until it is stopped. */
export function startWorkload(options: WorkloadOptions): Workload {
  const { installation, random, operators = 2, clients = 3, bearers = 0, publishers = 0 } = options
  const commands: Command[] = []
  const calls: Call[] = []
  const active: Key[] = []
  const blocked: Key[] = []
  const suspended: Key[] = []
  const tokens: Key[] = []
  const redemptions: Redemption[] = []
  const faults: Fault[] = []
  let stopping = false
  const going = () => !stopping
  const name = `w${++workloads}`
  let number = 0

  const nextId = () => `${name}-c${++number}`

  async function command(action: Plan, key: Key | undefined, persistent: boolean): Promise<Key | undefined> {
    const until = persistent ? going : () => false
    const { command, made } = await operate(installation, { id: nextId(), action, key }, until)
    commands.push(command)
    if (made) active.push(made)
    if (command.outcome !== 'ok' || !key) return undefined
    const acted = { ...key, settledAt: command.endedAt, position: command.position }
    if (action === 'suspend') suspended.push(acted)
    if (action === 'resume') active.push({ ...acted, resumed: true })
    if (action === 'suspend' || action === 'revoke' || action === 'revoke_token') blocked.push(acted)
    return acted
  }

  /** What is acted on is nobody else's any more. */
  function take(keys: Key[]): Key | undefined {
    return keys.splice(random.between(0, keys.length - 1), 1)[0]
  }

  /** What is to be done to which key; something else where there is none to do it to. */
  function plan(): [Plan, Key?] {
    const planned = active.length < 12 ? 'issue' : (random.pick(plans) as Plan)
    if (planned === 'issue') return ['issue']
    if (planned === 'resume') return suspended.length > 0 ? ['resume', take(suspended)] : ['issue']
    if (planned === 'revoke_token') return tokens.length > 5 ? ['revoke_token', take(tokens)] : ['issue']
    const key = take(active)
    return [planned === 'suspend' && key?.resumed ? 'revoke' : planned, key]
  }

  async function operator(): Promise<void> {
    while (!stopping) {
      const [action, key] = plan()
      await command(action, key, random.chance(0.7))
      await sleep(random.between(20, 100))
    }
  }

  async function client(): Promise<void> {
    while (!stopping) {
      const good = random.chance(0.3) ? tokens.slice(-20) : active
      const key = random.pick(random.chance(0.5) ? blocked.slice(-20) : good)
      const gateway = random.chance(0.5) ? 'gateway' : 'gateway-2'
      const choice = { gateway, strict: random.chance(0.4), carriesPosition: random.chance(0.2) } as const
      const recordedAhead = random.chance(0.3)
      if (key) calls.push(await callGateway(installation, key, { ...choice, recordedAhead }))
      await sleep(random.between(0, 40))
    }
  }

  async function revokeOne(goOn: () => boolean): Promise<Key | undefined> {
    while (goOn()) {
      const key = take(active)
      const revoked = key && (await command('revoke', key, true))
      if (revoked) return revoked
      await sleep(20)
    }
    return undefined
  }

  const shared = { installation, going, nextId, commands, calls, redemptions, random }
  const got = (token: Key) => void tokens.push(token)
  const bearer = () => bear({ ...shared, got })
  const publisher = () => publish({ ...shared, revokeOne: () => revokeOne(going) })
  const loops = (
    [
      [operators, operator],
      [clients, client],
      [bearers, bearer],
      [publishers, publisher],
    ] as const
  ).flatMap(([count, loop]) => Array.from({ length: count }, loop))
  return {
    history: { commands, calls, redemptions, faults },
    active,
    blocked,
    async fill(count) {
      while (active.length < count) await command('issue', undefined, true)
    },
    issueAtOnce: (count) => Promise.all(Array.from({ length: count }, () => command('issue', undefined, true))),
    async revokeOne() {
      return (await revokeOne(() => true)) as Key
    },
    add({ calls: more = [], fault }) {
      calls.push(...more)
      if (fault) faults.push(fault)
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

const plans: readonly Plan[] = [
  ...(['issue', 'issue', 'issue', 'issue', 'rotate', 'suspend', 'suspend', 'resume'] as const),
  ...(['revoke', 'revoke', 'revoke_token'] as const),
]
