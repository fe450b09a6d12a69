import { createEventPublisher, ensureTopics, eventTopic, eventTopicSettings } from '@gatehouse/bus'
import type { Logger } from '@gatehouse/grpc-service'

interface KafkaSettings {
  readonly kafkaBrokers: readonly string[]
  readonly topicPrefix: string
}

/** Publishes the credential log to Kafka. The topic is made with the first publish: commands do not wait for Kafka. */
export function kafkaPublisher({ kafkaBrokers: brokers, topicPrefix }: KafkaSettings, logger: Logger) {
  const address = { brokers, clientId: 'gatehouse-credential' }
  const topic = eventTopic('credential', topicPrefix)
  const publisher = createEventPublisher({ ...address, source: 'credential', topic, logger })
  let topicThere = false
  return {
    close: publisher.close,
    async publish(events: Parameters<typeof publisher.publish>[0]): Promise<void> {
      if (!topicThere) await ensureTopics(address, [eventTopicSettings('credential', topicPrefix)], logger)
      topicThere = true
      await publisher.publish(events)
    },
  }
}
