import { type EventLog, type SubscribeOptions, type Subscription, subscribe } from '@gatehouse/bus'
import type { RecordedEvent } from '@gatehouse/contracts/event_log/v1/event_log_service'
import { type EventSource, eventSources } from '@gatehouse/contracts/events'
import type { Positions } from '@gatehouse/contracts/positions'
import type { PolicyTable } from '@gatehouse/policy-engine'
import {
  type Change,
  createProjector,
  createViewCache,
  credentialProjection,
  followKeyRings,
  followPolicy,
  type KeyRings,
  type Parked,
  policyProjection,
  type ReadModel,
  tokenProjection,
  type ViewCache,
} from '@gatehouse/read-model'
import { createCatchUps } from './catch-up.ts'
import { createCompiledPolicy } from './compiled-policy.ts'
import { createFreshness, type Freshness } from './freshness.ts'
import { type SigningKeys, signingKeysOf } from './signing-keys.ts'
import { createWholeMarks } from './whole-marks.ts'

export interface DecisionStateOptions {
  /** Stays the caller's, who closes it after the state. */
  readonly model: ReadModel
  /** The service of each log. */
  readonly logs: Readonly<Record<EventSource, EventLog>>
  /** Another decision state of this process brings the events into the model; default false. */
  readonly fedElsewhere?: boolean
  /** Absent: events come by the pull path alone. */
  readonly kafka?: (source: EventSource) => NonNullable<SubscribeOptions['kafka']>
  /** Budget of the decoded credentials in this process. */
  readonly cacheBytesMax?: number
  /** Metrics and traces. */
  readonly hooks?: DecisionStateHooks
  readonly logger: SubscribeOptions['logger']
  /** Monotonic milliseconds; default `performance.now`. */
  readonly now?: () => number
}

export interface DecisionStateHooks {
  /** This process applied events; they carry the trace context of their commands. */
  onApplied?(source: EventSource, events: readonly RecordedEvent[]): void
  /** A change is in force in this process, so many seconds after its event was committed. */
  onPropagated?(source: EventSource, seconds: number): void
  /** An event could not be applied: what it belongs to is denied. An alarm. */
  onParked?(parked: Parked): void
}

/** What a decider reads. */
export interface DecisionState extends Pick<Freshness, 'stalenessMs' | 'provenStalenessMs' | 'waitFor'> {
  readonly credentials: ViewCache
  /** The policy, compiled, as far as it is followed. */
  policy(): PolicyTable
  /** The public keys of every environment, as far as they are followed. */
  signingKeys(): SigningKeys
  /** How far every log is in force in this process; undefined while it is not known. */
  positions(): Positions | undefined
  /** Whether a log is now followed to where it ended when that was asked; see `createCatchUps`. */
  catchUp(source: EventSource): Promise<boolean>
  close(): Promise<void>
}

const projections = { credential: credentialProjection, policy: policyProjection, token: tokenProjection }

/** Services start in any order: nobody is told of one that is not there yet. */
const startingMs = 5000

/** Brings the events of every log into the read model, and follows that model into this process. */
export function openDecisionState(options: DecisionStateOptions): DecisionState {
  const { model, logs, hooks = {}, logger, cacheBytesMax, now = () => performance.now() } = options
  const credentials = createViewCache({ model, ...(cacheBytesMax !== undefined && { bytesMax: cacheBytesMax }) })
  const compiled = createCompiledPolicy((key, problem) =>
    logger.error({ key, problem }, 'cannot be used: its requests are refused'),
  )
  const policy = followPolicy({
    model,
    onChanged: compiled.onChanged,
    onReached: () => freshness.onFollowed(),
    onError: (err) => logger.warn({ err }, 'the policy could not be read or compiled'),
  })
  let rings: KeyRings = new Map()
  const keyRings = followKeyRings({
    model,
    onChanged: (changed) => {
      rings = changed
    },
    onReached: () => freshness.onFollowed(),
    onError: (err) => logger.warn({ err }, 'the signing keys could not be read'),
  })
  const signingKeys = signingKeysOf(() => rings)
  const openedAt = now()
  const heads = headsOf(logs)
  const freshness = createFreshness({
    ...{ heads, positions, now },
    ...createWholeMarks({ model, now }),
    onFault(source, err) {
      const level = now() - openedAt < startingMs ? 'debug' : 'warn'
      logger[level]({ err, source }, 'the head of the log is not known')
    },
  })
  const feeds = options.fedElsewhere ? [] : eventSources.map((source) => startFeed(source, options))
  const startTime = Date.now()
  let known = false

  // What is cached is in force as soon as a change is heard, the policy when it is compiled, the keys when they are read.
  function positions(): Positions | undefined {
    const { credential = 0n, policy: policyHeard = 0n, token: tokenHeard = 0n } = credentials.positions()
    const [compiledTo, keysTo] = [policy.position(), keyRings.position()]
    if (!known || compiledTo === undefined || keysTo === undefined) return undefined
    return { credential, policy: lesser(compiledTo, policyHeard), token: lesser(keysTo, tokenHeard) }
  }

  const following = model.follow((change: Change) => {
    credentials.onChange(change)
    policy.onChange(change)
    keyRings.onChange(change)
    known = true
    if (change.type === 'reset') for (const feed of feeds) feed.onReset(change.positions)
    // Events from before this process are none that it was slow to take.
    else if (change.recordTime.getTime() >= startTime)
      hooks.onPropagated?.(change.source, Math.max(0, Date.now() - change.recordTime.getTime()) / 1000)
    freshness.onFollowed()
  })
  freshness.start()

  return {
    credentials,
    policy: compiled.table,
    signingKeys: () => signingKeys,
    positions,
    catchUp: createCatchUps(heads, freshness.waitFor),
    stalenessMs: freshness.stalenessMs,
    provenStalenessMs: freshness.provenStalenessMs,
    waitFor: freshness.waitFor,
    async close() {
      freshness.close()
      policy.close()
      keyRings.close()
      await Promise.all([following.close(), ...feeds.map((feed) => feed.close())])
    },
  }
}

function lesser(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

interface Feed {
  onReset(positions: Positions): void
  close(): Promise<void>
}

/** Every process may feed the same model: what one has applied the others pass over. */
function startFeed(source: EventSource, { model, logs, kafka, hooks = {}, logger }: DecisionStateOptions): Feed {
  const projector = createProjector({
    model,
    projection: projections[source],
    onApplied: (events) => hooks.onApplied?.(source, events),
    onParked(parked) {
      logger.error(
        { ...parked, position: String(parked.position) },
        'an event cannot be applied: its subject is denied',
      )
      hooks.onParked?.(parked)
    },
  })
  const { after, onEvents } = projector
  const open = (): Subscription =>
    subscribe({ source, pull: logs[source], ...(kafka && { kafka: kafka(source) }), after, onEvents, logger })
  let subscription = open()
  return {
    onReset(positions) {
      const delivered = subscription.state.position
      if (delivered === undefined || (positions[source] ?? 0n) >= delivered) return
      // The model lost what it had, and no event may come to show it: deliver again from where it is now.
      logger.warn({ source, position: String(positions[source]) }, 'the read model lost events: they are read again')
      void subscription.close()
      subscription = open()
    },
    close: () => subscription.close(),
  }
}

function headsOf(logs: DecisionStateOptions['logs']) {
  const head = (source: EventSource) => async (deadlineMs: number) =>
    (await logs[source].getHead({}, { deadlineMs })).position
  return { credential: head('credential'), policy: head('policy'), token: head('token') }
}
