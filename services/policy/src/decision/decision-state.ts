import { type EventLog, type KafkaAddress, type Subscription, subscribe } from '@gatehouse/bus'
import { type EventSource, eventSources } from '@gatehouse/contracts/events'
import { type Positions, reaches } from '@gatehouse/contracts/positions'
import type { Logger } from '@gatehouse/grpc-service'
import type { PolicyTable } from '@gatehouse/policy-engine'
import {
  createMemoryModel,
  createProjector,
  createViewCache,
  credentialProjection,
  followPolicy,
  policyProjection,
  type ViewCache,
} from '@gatehouse/read-model'
import { compiledPolicy } from './compiled-policy.ts'
import { watchFreshness } from './freshness.ts'

/** The state that decisions are taken on: this process's own fold of both logs, in memory. */
export interface DecisionState {
  policy(): PolicyTable
  readonly views: ViewCache
  /** How far each log is applied, views and compiled policy alike. */
  positions(): Positions
  stalenessMs(): number
  /** Waits until the state reaches the positions; false when it does not within `timeoutMs`. */
  reached(demanded: Positions, timeoutMs: number): Promise<boolean>
  close(): Promise<void>
}

export interface DecisionStateOptions {
  readonly logs: { readonly [Source in EventSource]: EventLog }
  readonly kafka?: (source: EventSource) => KafkaAddress & { readonly topic: string }
  readonly logger: Logger
}

const headMsMax = 2000

export function openDecisionState({ logs, kafka, logger }: DecisionStateOptions): DecisionState {
  const model = createMemoryModel()
  const views = createViewCache({ model })
  const policy = compiledPolicy((key, problem) => logger.error({ key, problem }, 'cannot be used: denied'))
  const onError = (error: unknown) => logger.error({ err: error }, 'the policy cannot be read')
  const policyFollower = followPolicy({ model, onChanged: policy.onChanged, onError })
  const waiting = new Set<() => void>()
  const following = model.follow((change) => {
    views.onChange(change)
    policyFollower.onChange(change)
    for (const look of waiting) look()
  })
  const positions = (): Positions => ({ ...views.positions(), policy: policyFollower.position() })
  const subscriptions = eventSources.map((source) => followLog(source))
  const heads = async (): Promise<Positions> => {
    const answers = await Promise.all(eventSources.map((source) => logs[source].getHead({}, { deadlineMs: headMsMax })))
    return Object.fromEntries(eventSources.map((source, index) => [source, answers[index]?.position]))
  }
  const freshness = watchFreshness({ heads, applied: positions, logger })

  function followLog(source: EventSource): Subscription {
    const projection = source === 'credential' ? credentialProjection : policyProjection
    const { after, onEvents } = createProjector({
      model,
      projection,
      onParked: (parked) => logger.error({ parked }, 'an event cannot be applied: what it belongs to is denied'),
    })
    return subscribe({ source, pull: logs[source], after, onEvents, logger, ...(kafka && { kafka: kafka(source) }) })
  }

  return {
    policy: policy.table,
    views,
    positions,
    stalenessMs: freshness.stalenessMs,
    reached: (demanded, timeoutMs) => until(() => reaches(positions(), demanded), timeoutMs, waiting),
    async close() {
      await Promise.all([freshness.close(), ...subscriptions.map((subscription) => subscription.close())])
      policyFollower.close()
      await following.close()
      await model.close()
    },
  }
}

/** Looks at every change, and once more at the end: the policy is compiled a moment after its change is told. */
async function until(holds: () => boolean, timeoutMs: number, changes: Set<() => void>): Promise<boolean> {
  if (holds()) return true
  const { promise, resolve } = Promise.withResolvers<void>()
  const look = () => setImmediate(() => holds() && resolve())
  const timer = setTimeout(resolve, timeoutMs)
  changes.add(look)
  await promise
  changes.delete(look)
  clearTimeout(timer)
  return holds()
}
