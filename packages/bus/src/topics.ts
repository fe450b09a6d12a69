import { setTimeout as sleep } from 'node:timers/promises'
import type { EventSource } from '@gatehouse/contracts/events'
import type { Admin, Kafka } from 'kafkajs'
import { type KafkaAddress, kafkaClient } from './kafka/connection-settings.ts'
import type { Logger } from './logger.ts'

/** The topic of a service's events; `prefix` keeps tests apart: `t1.` → `t1.gatehouse.credential.v1`. */
export function eventTopic(source: EventSource, prefix = ''): string {
  return `${prefix}gatehouse.${source}.v1`
}

/** The topic of all decision records. */
export function auditTopic(prefix = ''): string {
  return `${prefix}gatehouse.audit.v1`
}

export interface TopicSettings {
  readonly topic: string
  readonly partitions: number
  /** Undefined: for ever. */
  readonly retentionMs?: number
}

/** Domain events: one partition, so that there is one order and one position; kept for ever. */
export function eventTopicSettings(source: EventSource, prefix = ''): TopicSettings {
  return { topic: eventTopic(source, prefix), partitions: 1 }
}

const auditPartitions = 6
const weekMs = 7 * 24 * 60 * 60 * 1000

/** Decision records: the audit service keeps them; the topic holds them for a week, for whoever else reads it. */
export function auditTopicSettings(
  prefix = '',
  { partitions = auditPartitions, retentionMs = weekMs } = {},
): TopicSettings {
  return { topic: auditTopic(prefix), partitions, retentionMs }
}

const copiesMax = 3
const inSyncMin = 2

/**
 * Creates the topics that are missing, with three copies where there are three brokers.
 * @throws Error when a topic exists with another number of partitions: records would be looked for in the wrong place.
 */
export async function ensureTopics(
  address: KafkaAddress,
  topics: readonly TopicSettings[],
  logger: Logger,
): Promise<void> {
  const admin = kafkaClient(address, logger).admin()
  try {
    await admin.connect()
    const existing = new Set(await admin.listTopics())
    const missing = topics.filter(({ topic }) => !existing.has(topic))
    if (missing.length > 0) await create(admin, missing)
    await checkPartitions(admin, topics)
  } finally {
    await admin.disconnect()
  }
}

/**
 * Makes a topic when it is first asked to, and asks again only after a failure: Kafka may come later than its users.
 * @returns what rejects as `ensureTopics` does
 */
export function topicOnFirstUse(address: KafkaAddress, settings: TopicSettings, logger: Logger): () => Promise<void> {
  let ensured: Promise<void> | undefined
  return () => {
    ensured ??= ensureTopics(address, [settings], logger).catch((error: unknown) => {
      ensured = undefined
      throw error
    })
    return ensured
  }
}

async function create(admin: Admin, topics: readonly TopicSettings[]): Promise<void> {
  const { brokers } = await admin.describeCluster()
  const replicationFactor = Math.min(copiesMax, brokers.length)
  await admin.createTopics({
    // kafkajs waits for leaders, but not for a broker that has not heard of the topic yet: see `settled`.
    waitForLeaders: false,
    topics: topics.map(({ topic, partitions, retentionMs }) => ({
      topic,
      numPartitions: partitions,
      replicationFactor,
      configEntries: [
        { name: 'min.insync.replicas', value: String(Math.min(inSyncMin, Math.ceil(replicationFactor / 2))) },
        { name: 'unclean.leader.election.enable', value: 'false' },
        { name: 'cleanup.policy', value: 'delete' },
        { name: 'retention.ms', value: String(retentionMs ?? -1) },
        ...(retentionMs === undefined ? [{ name: 'retention.bytes', value: '-1' }] : []),
      ],
    })),
  })
}

/**
 * How many partitions a topic has.
 * @throws Error when it does not exist, and what kafkajs throws when no broker answers.
 */
export async function topicPartitions(kafka: Kafka, topic: string): Promise<number> {
  const admin = kafka.admin()
  try {
    await admin.connect()
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    const count = topics[0]?.partitions.length
    if (!count) throw new Error(`topic ${topic} does not exist`)
    return count
  } finally {
    await admin.disconnect()
  }
}

async function checkPartitions(admin: Admin, settings: readonly TopicSettings[]): Promise<void> {
  const { topics } = await settled(() => admin.fetchTopicMetadata({ topics: settings.map(({ topic }) => topic) }))
  for (const { topic, partitions } of settings) {
    const count = topics.find(({ name }) => name === topic)?.partitions.length
    if (count !== partitions) throw new Error(`topic ${topic} has ${count} partitions instead of ${partitions}`)
  }
}

const settleMsMax = 5_000

/** Asks again while a topic just made is not known everywhere, or has partitions without a leader. */
async function settled<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  const deadline = performance.now() + settleMsMax
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      const type = error instanceof Error && 'type' in error ? error.type : undefined
      const passing = type === 'UNKNOWN_TOPIC_OR_PARTITION' || type === 'LEADER_NOT_AVAILABLE'
      if (!passing || performance.now() > deadline) throw error
      await sleep(50)
    }
  }
}
