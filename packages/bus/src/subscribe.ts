import type { RecordedEvent } from '@gatehouse/contracts/event_log/v1/event_log_service'
import type { EventSource } from '@gatehouse/contracts/events'
import { Delivery } from './delivery.ts'
import type { KafkaAddress } from './kafka/connection-settings.ts'
import { KafkaFeed } from './kafka-feed.ts'
import type { Logger } from './logger.ts'
import { pause, within } from './pause.ts'
import { type EventLog, PullFeed } from './pull-feed.ts'

const probeEveryMs = 500
/** Two probes: what the log had then must be here now. */
const lateAfterMs = 1_000
const silentMsMax = 2_000
const headMsMax = 2_000
const closeMsMax = 5_000

export interface SubscribeOptions {
  readonly source: EventSource
  /** The log itself. */
  readonly pull: EventLog
  /** Absent: the pull path alone. */
  readonly kafka?: KafkaAddress & { readonly topic: string }
  /** Position of the last event that the consumer has. A function is asked again whenever `onEvents` rejects. */
  readonly after: bigint | (() => Promise<bigint>)
  /** Gets events in order without hole or duplicate, one call at a time; a rejection brings them again, after a pause. */
  onEvents(events: readonly RecordedEvent[]): Promise<void>
  readonly logger: Logger
}

export interface SubscriptionState {
  /** Who brings the events at present. */
  readonly feed: 'pull' | 'kafka'
  /** Whether the topic is being read; false without Kafka. */
  readonly kafkaUp: boolean
  /** Position of the last event that `onEvents` took; undefined until `after` was answered. */
  readonly position: bigint | undefined
  /** The last head that the log answered; undefined before. */
  readonly head: bigint | undefined
}

export interface Subscription {
  readonly state: SubscriptionState
  /** Ends it; a call of `onEvents` that runs is waited for, up to 5 s. */
  close(): Promise<void>
}

/**
 * Follows the log of a service. With Kafka, Kafka brings the events, and the pull path steps in at once when Kafka is
 * gone or has a hole, and within 1.5 s when it is more than 1 s behind the log; Kafka takes over again when it is not.
 */
export function subscribe(options: SubscribeOptions): Subscription {
  const closing = new AbortController()
  const { signal } = closing
  const logger = options.logger
  const delivery = new Delivery({ ...options, onEvents: (events) => options.onEvents(events), signal })
  const pull = new PullFeed({ log: options.pull, delivery, logger, signal })
  const log = new LogHead(options.pull)
  let feed: 'pull' | 'kafka' = 'pull'

  const toPull = (reason: string) => {
    if (feed === 'pull' || signal.aborted) return
    feed = 'pull'
    pull.switchOn()
    logger.warn({ source: options.source, reason, position: String(delivery.position) }, 'events come by pull')
  }
  const toKafka = () => {
    feed = 'kafka'
    pull.switchOff()
    logger.info({ source: options.source, position: String(delivery.position) }, 'events come by kafka')
  }
  const kafka =
    options.kafka &&
    new KafkaFeed({ ...options, kafka: options.kafka, delivery, signal, head: log.ask, onDoubt: toPull })

  let ahead = false
  const probe = async () => {
    const before = delivery.position
    const heads = await log.probe()
    const position = delivery.position
    if (!heads || before === undefined || position === undefined) return
    // A restored or emptied log: what the consumer has stands on events that it no longer holds.
    const wasAhead = ahead
    ahead = before > heads.now
    if (ahead && !wasAhead)
      logger.error({ source: options.source, head: String(heads.now), position: String(before) }, 'the log lost events')
    const late = position < heads.before && !delivery.busy
    if (late && feed === 'kafka') toPull('late')
    else if (late) pull.restartWhenSilentFor(silentMsMax)
    else if (feed === 'pull' && takesOver(kafka?.covered, position, heads.last)) toKafka()
  }
  const run = async () => {
    await delivery.begin()
    pull.switchOn()
    const probing = async () => {
      for (; !signal.aborted; await pause(probeEveryMs, signal)) await probe()
    }
    await Promise.all([pull.run(), kafka?.run(), probing()])
  }
  const running = run()
  running.catch((err) => logger.error({ err, source: options.source }, 'the subscription broke'))

  return {
    get state() {
      return { feed, kafkaUp: kafka?.up ?? false, position: delivery.position, head: log.head }
    },
    async close() {
      closing.abort()
      await within(closeMsMax, 'closing a subscription', Promise.all([running, delivery.settled()])).catch((err) =>
        logger.warn({ err, source: options.source }, 'the subscription did not end in time'),
      )
    },
  }
}

/**
 * Kafka may bring what comes next when nothing after our position was passed over in it, and when it has brought what
 * the log had a moment ago.
 */
function takesOver(covered: bigint | undefined, position: bigint, recentHead: bigint): boolean {
  return covered !== undefined && covered <= position && covered >= recentHead
}

/** The head of the log, now and as it was one and two probes ago. */
class LogHead {
  readonly #log: EventLog
  #heads: readonly bigint[] = []

  constructor(log: EventLog) {
    this.#log = log
  }

  get head(): bigint | undefined {
    return this.#heads[0]
  }

  /** @throws whatever keeps the log from answering within 2 s. */
  readonly ask = async (): Promise<bigint> =>
    (await within(headMsMax, 'asking for the head of the log', this.#log.getHead({}, { deadlineMs: headMsMax })))
      .position

  /** `before`: 1 s ago, `last`: half a second ago. Undefined while that is not known. */
  async probe(): Promise<{ now: bigint; last: bigint; before: bigint } | undefined> {
    try {
      this.#heads = [await this.ask(), ...this.#heads.slice(0, lateAfterMs / probeEveryMs)]
    } catch {
      // Who cannot answer its head cannot be pulled from either: that stream reports it.
      return undefined
    }
    const [now, last, before] = this.#heads
    return now === undefined || last === undefined || before === undefined ? undefined : { now, last, before }
  }
}
