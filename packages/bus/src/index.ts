export {
  type AuditBatch,
  type AuditConsumer,
  type AuditConsumerOptions,
  consumeAudit,
  type RejectedRecord,
} from './audit-consumer.ts'
export { type AuditProducer, type AuditProducerOptions, createAuditProducer } from './audit-producer.ts'
export {
  createEventPublisher,
  createLogPublisher,
  type EventPublisher,
  type EventPublisherOptions,
  type LogPublisherOptions,
} from './event-publisher.ts'
export type { KafkaAddress } from './kafka/connection-settings.ts'
export { OffsetJump } from './kafka/partition-reader.ts'
export type { Logger } from './logger.ts'
export type { EventLog } from './pull-feed.ts'
export { type SubscribeOptions, type Subscription, type SubscriptionState, subscribe } from './subscribe.ts'
export {
  auditTopic,
  auditTopicSettings,
  ensureTopics,
  eventTopic,
  eventTopicSettings,
  type TopicSettings,
  topicOnFirstUse,
} from './topics.ts'
