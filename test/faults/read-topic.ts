import { randomUUID } from 'node:crypto'
import '@gatehouse/bus/kafkajs-repair'
import { Kafka, type KafkaMessage, logLevel } from 'kafkajs'

export interface TopicRecord {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, Buffer | undefined>>
}

/** Every record of a topic up to its end now, in the order of offsets within each partition. */
export async function readTopic(brokers: readonly string[], topic: string): Promise<TopicRecord[]> {
  const kafka = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING })
  const missing = await ends(kafka, topic)
  if (missing.size === 0) return []
  const consumer = kafka.consumer({ groupId: `faults-${randomUUID()}` })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const records: TopicRecord[] = []
  const { promise: complete, resolve } = Promise.withResolvers<void>()
  await consumer.run({
    async eachMessage({ partition, message }) {
      records.push(recordOf(message))
      if (Number(message.offset) + 1 >= (missing.get(partition) ?? 0)) missing.delete(partition)
      if (missing.size === 0) resolve()
    },
  })
  await complete
  await consumer.disconnect()
  return records
}

/** The end of every partition that holds something. */
async function ends(kafka: Kafka, topic: string): Promise<Map<number, number>> {
  const admin = kafka.admin()
  await admin.connect()
  const offsets = await admin.fetchTopicOffsets(topic)
  await admin.disconnect()
  return new Map(
    offsets.flatMap(({ partition, high, low }) => (high === low ? [] : [[partition, Number(high)] as const])),
  )
}

export async function topicsOf(brokers: readonly string[]): Promise<string[]> {
  const admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  const topics = await admin.listTopics()
  await admin.disconnect()
  return topics
}

function recordOf({ key, value, headers = {} }: KafkaMessage): TopicRecord {
  const plain = Object.entries(headers).map(([name, header]) => {
    const first = Array.isArray(header) ? header[0] : header
    return [name, first === undefined ? undefined : Buffer.from(first)] as const
  })
  return { key, value, headers: Object.fromEntries(plain) }
}
