import type { RecordedEvent } from '@gatehouse/contracts/event_log/v1/event_log_service'
import type { EventSource } from '@gatehouse/contracts/events'
import { chunks } from './chunks.ts'
import { toKafkaRecord } from './cloud-event.ts'
import { type KafkaAddress, kafkaClient, newProducer } from './kafka/connection-settings.ts'
import { createPartitionProducer, type PartitionProducer } from './kafka/partition-producer.ts'
import type { Logger } from './logger.ts'
import { eventTopic, eventTopicSettings, topicOnFirstUse } from './topics.ts'

const defaultDeadlineMs = 10_000
/** Domain topics have one partition: total order, one position. */
const onlyPartition = 0

export interface EventPublisherOptions extends KafkaAddress {
  readonly source: EventSource
  /** `eventTopic(source)`; it must exist. */
  readonly topic: string
  readonly logger: Logger
  /** For each send of up to 500 events; default 10,000. */
  readonly deadlineMs?: number
}

export interface EventPublisher {
  /**
   * Publishes events in the given order; resolves when all in-sync replicas have them all.
   * @throws GatehouseError UNAVAILABLE, within the deadline of each send: call again with the same events. Some may
   * then be published twice, which subscribers drop.
   */
  publish(events: readonly RecordedEvent[]): Promise<void>
  close(): Promise<void>
}

/** The outbox relay's way to Kafka. It connects with the first publish. */
export function createEventPublisher(options: EventPublisherOptions): EventPublisher {
  const { source, topic, logger, deadlineMs = defaultDeadlineMs } = options
  const kafka = kafkaClient(options, logger)
  const producer = createPartitionProducer({ topic, newProducer: () => newProducer(kafka), deadlineMs, logger })
  return { publish: (events) => publishInOrder(producer, source, events), close: producer.close }
}

export interface LogPublisherOptions extends KafkaAddress {
  readonly source: EventSource
  readonly topicPrefix: string
  readonly logger: Logger
}

/**
 * The same for the log of a service, whose topic it makes: at once, since others read it before its first event, or
 * with a publish when Kafka comes later.
 */
export function createLogPublisher({ source, topicPrefix, logger, ...address }: LogPublisherOptions): EventPublisher {
  const topicThere = topicOnFirstUse(address, eventTopicSettings(source, topicPrefix), logger)
  topicThere().catch((err: unknown) => logger.debug({ err }, 'the topic is made with the next publish'))
  const publisher = createEventPublisher({ ...address, source, topic: eventTopic(source, topicPrefix), logger })
  return {
    async publish(events) {
      await topicThere()
      await publisher.publish(events)
    },
    close: publisher.close,
  }
}

async function publishInOrder(producer: PartitionProducer, source: EventSource, events: readonly RecordedEvent[]) {
  for (const chunk of chunks(events, (event) => event.data.byteLength))
    await producer.send(
      onlyPartition,
      chunk.map((event) => toKafkaRecord(source, event)),
    )
}
