import type { RecordedEvent } from '@gatehouse/contracts/event_log/v1/event_log_service'
import type { EventSource } from '@gatehouse/contracts/events'
import type { FetchedMessage } from 'kafkajs/src/cluster/index.js'
import { fromKafkaRecord, MalformedRecord } from './cloud-event.ts'
import type { Delivery } from './delivery.ts'
import type { KafkaAddress } from './kafka/connection-settings.ts'
import { OffsetJump, readPartition } from './kafka/partition-reader.ts'
import type { Logger } from './logger.ts'
import { Backoff } from './pause.ts'

export interface KafkaFeedOptions {
  readonly kafka: KafkaAddress & { readonly topic: string }
  readonly source: EventSource
  readonly delivery: Delivery
  readonly logger: Logger
  readonly signal: AbortSignal
  /** The head of the log, now. */
  head(): Promise<bigint>
  /** What Kafka brings can no longer be relied on for what comes next. */
  onDoubt(reason: string): void
}

/**
 * Brings events from Kafka. It begins at the end of the topic and leaves everything before to the pull path, so no
 * position has to be found among the offsets. That loses nothing: an event is published only after it is committed,
 * so with E the end of the topic, and then H the head of the log, each event after H is written at E or later.
 */
export class KafkaFeed {
  readonly #options: KafkaFeedOptions
  #covered: bigint | undefined
  #up = false

  constructor(options: KafkaFeedOptions) {
    this.#options = options
  }

  /** Kafka is there, and every event after this position is still to come from it. */
  get covered(): bigint | undefined {
    return this.#up ? this.#covered : undefined
  }

  get up(): boolean {
    return this.#up
  }

  /** Runs until the signal is aborted. */
  async run(): Promise<void> {
    const { signal, logger } = this.#options
    const backoff = new Backoff()
    while (!signal.aborted) {
      this.#covered = undefined
      try {
        await this.#read()
      } catch (err) {
        if (err instanceof OffsetJump) logger.error({ err }, 'the topic lost records; the pull path fills them in')
        else logger.warn({ err }, 'kafka is read anew from its end')
        await backoff.pause(signal)
      }
    }
  }

  async #read(): Promise<void> {
    const { kafka, logger, signal, head, onDoubt } = this.#options
    await readPartition({
      ...kafka,
      partition: 0,
      logger,
      signal,
      start: async ({ latest }) => {
        this.#covered = await head()
        return latest
      },
      onUp: () => {
        this.#up = true
      },
      onDown: () => {
        this.#up = false
        onDoubt('kafka_absent')
      },
      onRecords: async (records, next) => {
        await this.#deliver(records)
        return next
      },
    })
  }

  async #deliver(records: readonly FetchedMessage[]): Promise<void> {
    const { delivery, onDoubt } = this.#options
    const events = this.#decode(records)
    const last = events.at(-1)
    if (!last) return
    const outcome = await delivery.offer(events)
    if (outcome !== 'delivered') onDoubt(outcome)
    if (this.#covered === undefined || last.position > this.#covered) this.#covered = last.position
  }

  /** What is none of our events is passed over: the event it may stand for then is a hole, which the pull path fills. */
  #decode(records: readonly FetchedMessage[]): RecordedEvent[] {
    const { source, logger, kafka } = this.#options
    return records.flatMap((record) => {
      try {
        return [fromKafkaRecord(source, record)]
      } catch (err) {
        if (!(err instanceof MalformedRecord)) throw err
        logger.error({ err, topic: kafka.topic, offset: record.offset }, 'a record in the topic is no event')
        return []
      }
    })
  }
}
