import { crc32 } from 'node:zlib'
import type { StoredRecord } from '@gatehouse/contracts/audit/v1/decision_record'
import { unavailable } from '@gatehouse/errors'
import { toAuditMessage } from './audit-record.ts'
import { chunks } from './chunks.ts'
import { type KafkaAddress, kafkaClient, newProducer } from './kafka/connection-settings.ts'
import { createPartitionProducer } from './kafka/partition-producer.ts'
import type { Logger } from './logger.ts'
import { topicPartitions } from './topics.ts'

const defaultDeadlineMs = 10_000

export interface AuditProducerOptions extends KafkaAddress {
  /** `auditTopic()`; it must exist. */
  readonly topic: string
  readonly logger: Logger
  /** For each send of up to 500 records; default 10,000. */
  readonly deadlineMs?: number
}

export interface AuditProducer {
  /**
   * Resolves when all in-sync replicas have the records. Those of one node keep their order.
   * @throws GatehouseError UNAVAILABLE: send them again; some may then be there twice, which the ledger drops.
   */
  send(records: readonly StoredRecord[]): Promise<void>
  close(): Promise<void>
}

/** Sends decision records to Kafka: those of a node to one partition, one partition per send. */
export function createAuditProducer(options: AuditProducerOptions): AuditProducer {
  const { topic, logger, deadlineMs = defaultDeadlineMs } = options
  const kafka = kafkaClient(options, logger)
  const producer = createPartitionProducer({ topic, newProducer: () => newProducer(kafka), deadlineMs, logger })
  let count: number | undefined

  const partitionCount = async () => {
    count ??= await topicPartitions(kafka, topic).catch((error: unknown) => {
      throw unavailable('KAFKA_UNAVAILABLE', `${topic} cannot be looked up`, error)
    })
    return count
  }
  return {
    async send(records) {
      const partitions = await partitionCount()
      for (const [node, own] of Map.groupBy(records, (record) => record.node))
        for (const chunk of chunks(own, (record) => record.json.byteLength))
          await producer.send(partitionOf(node, partitions), chunk.map(toAuditMessage))
    },
    close: producer.close,
  }
}

/** By the node's name, so that every process of a node and every restart finds the same one. */
export function partitionOf(node: string, partitions: number): number {
  return crc32(node) % partitions
}
