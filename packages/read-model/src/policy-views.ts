import { Api } from '@gatehouse/contracts/policy/v1/api'
import { Environment } from '@gatehouse/contracts/policy/v1/environment'
import { Plan } from '@gatehouse/contracts/policy/v1/plan'
import type { Positions } from '@gatehouse/contracts/positions'
import { splitKey } from './keys.ts'
import type { Change, ReadModel, Stored } from './read-model.ts'

/** Everything of the policy log, by key (`environment/<id>`, `api/<environment>/<id>`, `plan/<environment>/<id>`). */
export interface PolicyViews {
  readonly environments: ReadonlyMap<string, Environment>
  readonly apis: ReadonlyMap<string, Api>
  readonly plans: ReadonlyMap<string, Plan>
  /** What stands there and cannot be read, parked or malformed: nobody knows what it says. */
  readonly unknown: ReadonlyMap<string, UnknownView>
}

export interface UnknownView {
  readonly version: bigint
  readonly problem: string
}

export interface PolicyFollowerOptions {
  readonly model: ReadModel
  /** Called with what the views are now: `changed` names the keys to compile again, `all` means from nothing. */
  readonly onChanged: (views: PolicyViews, changed: readonly string[] | 'all') => void
  /** Called whenever `position` has moved. */
  readonly onReached?: () => void
  /** Called when the model could not be read; it is tried again. */
  readonly onError?: (error: unknown) => void
  /** Pause before the model is read again, in ms; default 100. */
  readonly retryMs?: number
}

/** Keeps the whole policy in memory, ahead of every request. */
export interface PolicyFollower {
  /** Feed every change of the model, in order. */
  onChange(change: Change): void
  /** How far the policy that `onChanged` was last told of reaches; undefined before it was told of any. */
  position(): bigint | undefined
  close(): void
}

const policyNouns = ['environment', 'api', 'plan'] as const

/** Loads the policy at each reset and reads what later changes name. What cannot be read stands under `unknown`. */
export function followPolicy(options: PolicyFollowerOptions): PolicyFollower {
  const { model, onChanged, onReached, onError, retryMs = 100 } = options
  let views = emptyViews()
  let at: bigint | undefined
  let queue: Change[] = []
  let running = false
  let closed = false
  let timer: NodeJS.Timeout | undefined

  async function load(positions: Positions): Promise<void> {
    const loaded = emptyViews()
    for (const noun of policyNouns) for await (const entry of model.scan(noun)) put(loaded, entry.key, entry)
    views = loaded
    tell('all', positions.policy ?? 0n)
  }

  async function refresh(keys: readonly string[], upTo: bigint): Promise<void> {
    const { positions, values } = await model.read(keys)
    if ((positions.policy ?? 0n) < upTo) throw new Error(`the store is behind policy:${upTo}`)
    for (const [index, key] of keys.entries()) put(views, key, values[index])
    tell(keys, upTo)
  }

  function tell(changed: readonly string[] | 'all', upTo: bigint): void {
    if (closed) return
    onChanged(views, changed)
    reached(upTo)
  }

  function reached(upTo: bigint): void {
    at = upTo
    onReached?.()
  }

  async function work(): Promise<void> {
    running = true
    while (!closed) {
      const [change] = queue
      if (!change) break
      try {
        if (change.type === 'reset') await load(change.positions)
        else if (change.keys.length > 0) await refresh(change.keys, change.upTo)
        else reached(change.upTo)
      } catch (error) {
        onError?.(error)
        timer = setTimeout(() => void work(), retryMs)
        return
      }
      // A reset that came meanwhile has emptied the queue before itself.
      if (queue[0] === change) queue.shift()
    }
    running = false
  }

  return {
    onChange(change) {
      if (change.type === 'applied' && change.source !== 'policy') return
      if (change.type === 'reset') queue = []
      queue.push(change)
      if (!running) void work()
    },
    position: () => at,
    close() {
      closed = true
      clearTimeout(timer)
    },
  }
}

interface MutableViews {
  readonly environments: Map<string, Environment>
  readonly apis: Map<string, Api>
  readonly plans: Map<string, Plan>
  readonly unknown: Map<string, UnknownView>
}

function emptyViews(): MutableViews {
  return { environments: new Map(), apis: new Map(), plans: new Map(), unknown: new Map() }
}

function put(views: MutableViews, key: string, stored: Stored | undefined): void {
  const { noun } = splitKey(key)
  if (noun === 'environment') place(views, views.environments, key, stored, Environment)
  else if (noun === 'api') place(views, views.apis, key, stored, Api)
  else if (noun === 'plan') place(views, views.plans, key, stored, Plan)
}

interface Codec<View> {
  decode(bytes: Uint8Array): View
}

function place<View>(
  { unknown }: MutableViews,
  kind: Map<string, View>,
  key: string,
  stored: Stored | undefined,
  codec: Codec<View>,
): void {
  kind.delete(key)
  unknown.delete(key)
  if (!stored || stored.state === 'deleted') return
  const { version } = stored
  if (stored.state === 'parked') unknown.set(key, { version, problem: stored.reason })
  else
    try {
      kind.set(key, codec.decode(stored.value))
    } catch {
      unknown.set(key, { version, problem: 'malformed view' })
    }
}
