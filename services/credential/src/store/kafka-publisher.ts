import { createEventPublisher, ensureTopics, eventTopic, eventTopicSettings } from '@gatehouse/bus'
import type { Logger } from '@gatehouse/grpc-service'

/** Publishes the credential log to Kafka. Whether the topic exists is asked at the first publish: Kafka may come later. */
export function kafkaPublisher(
  { kafkaBrokers: brokers }: { readonly kafkaBrokers: readonly string[] },
  logger: Logger,
) {
  const address = { brokers, clientId: 'gatehouse-credential' }
  const topic = eventTopic('credential')
  const publisher = createEventPublisher({ ...address, source: 'credential', topic, logger })
  let topicThere = false
  return {
    close: publisher.close,
    async publish(events: Parameters<typeof publisher.publish>[0]): Promise<void> {
      if (!topicThere) await ensureTopics(address, [eventTopicSettings('credential')], logger)
      topicThere = true
      await publisher.publish(events)
    },
  }
}
