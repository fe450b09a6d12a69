import { Api } from '@gatehouse/contracts/policy/v1/api'
import { Environment } from '@gatehouse/contracts/policy/v1/environment'
import { Plan } from '@gatehouse/contracts/policy/v1/plan'
import { splitKey } from './keys.ts'
import type { Stored } from './read-model.ts'
import { followWhole, type Kept, type WholeFollower, type WholeFollowerOptions } from './whole-follower.ts'

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

const kept: Kept<MutableViews> = {
  source: 'policy',
  nouns: ['environment', 'api', 'plan'],
  empty: () => ({ environments: new Map(), apis: new Map(), plans: new Map(), unknown: new Map() }),
  put,
}

/** Keeps the whole policy in memory, ahead of every request. What cannot be read stands under `unknown`. */
export function followPolicy(options: WholeFollowerOptions<PolicyViews>): WholeFollower {
  return followWhole(kept, options)
}

interface MutableViews {
  readonly environments: Map<string, Environment>
  readonly apis: Map<string, Api>
  readonly plans: Map<string, Plan>
  readonly unknown: Map<string, UnknownView>
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
