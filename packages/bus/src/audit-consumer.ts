import type { StoredRecord } from '@gatehouse/contracts/audit/v1/decision_record'
import type { FetchedMessage } from 'kafkajs/src/cluster/index.js'
import { fromAuditMessage } from './audit-record.ts'
import { type KafkaRecord, MalformedRecord } from './cloud-event.ts'
import { type KafkaAddress, kafkaClient } from './kafka/connection-settings.ts'
import { OffsetJump, readPartition } from './kafka/partition-reader.ts'
import type { Logger } from './logger.ts'
import { Backoff, within } from './pause.ts'
import { topicPartitions } from './topics.ts'

const closeMsMax = 5_000

/** A record that is no decision record of ours. It is kept as it is, so that nothing disappears unseen. */
export interface RejectedRecord extends KafkaRecord {
  readonly offset: bigint
  /** What is wrong with it. */
  readonly reason: string
}

/** Records of one partition in order. */
export interface AuditBatch {
  readonly partition: number
  readonly records: readonly StoredRecord[]
  readonly rejected: readonly RejectedRecord[]
  /** To be stored in the transaction that stores the records. */
  readonly nextOffset: bigint
}

export interface AuditConsumerOptions extends KafkaAddress {
  readonly topic: string
  readonly logger: Logger
  /** The stored `nextOffset` of a partition; undefined where none is stored: then it is read from its beginning. */
  nextOffset(partition: number): Promise<bigint | undefined>
  /** One call at a time per partition. A rejection brings the records after the stored offset again, after a pause. */
  onRecords(batch: AuditBatch): Promise<void>
}

export interface AuditConsumer {
  /**
   * Rejects with OffsetJump when a partition no longer holds the next record: records were lost, which must not pass
   * in silence. Log it and end the process; an operator decides from where to go on. Resolves after `close`.
   */
  readonly finished: Promise<void>
  /** Calls of `onRecords` that run are waited for, up to 5 s. */
  close(): Promise<void>
}

/** Reads every partition of the audit topic, each by itself, from the offsets that the caller stores. */
export function consumeAudit(options: AuditConsumerOptions): AuditConsumer {
  const closing = new AbortController()
  const { signal } = closing
  const finished = run(options, signal).finally(() => closing.abort())
  // Who waits for it gets it; who does not shall not fall over it.
  finished.catch(() => {})
  return {
    finished,
    async close() {
      closing.abort()
      await within(closeMsMax, 'closing the audit consumer', finished).catch((err) =>
        options.logger.warn({ err }, 'the audit consumer did not end in order'),
      )
    },
  }
}

async function run(options: AuditConsumerOptions, signal: AbortSignal): Promise<void> {
  const count = await untilKnown(options, signal)
  await Promise.all(Array.from({ length: count }, (_, partition) => consumePartition(options, partition, signal)))
}

async function untilKnown({ topic, logger, ...address }: AuditConsumerOptions, signal: AbortSignal): Promise<number> {
  const backoff = new Backoff()
  while (!signal.aborted) {
    try {
      return await topicPartitions(kafkaClient(address, logger), topic)
    } catch (err) {
      logger.warn({ err, topic }, 'the audit topic cannot be looked up')
      await backoff.pause(signal)
    }
  }
  return 0
}

async function consumePartition(options: AuditConsumerOptions, partition: number, signal: AbortSignal): Promise<void> {
  const { logger, topic } = options
  const backoff = new Backoff()
  while (!signal.aborted) {
    try {
      await readPartition({
        ...options,
        partition,
        signal,
        start: async ({ earliest }) => (await options.nextOffset(partition)) ?? earliest,
        onRecords: async (messages, nextOffset) => {
          await options.onRecords({ partition, ...sorted(messages), nextOffset })
          backoff.reset()
          return nextOffset
        },
      })
    } catch (err) {
      if (err instanceof OffsetJump) throw err
      logger.error({ err, topic, partition }, 'audit records were refused')
      await backoff.pause(signal)
    }
  }
}

function sorted(messages: readonly FetchedMessage[]): { records: StoredRecord[]; rejected: RejectedRecord[] } {
  const records: StoredRecord[] = []
  const rejected: RejectedRecord[] = []
  for (const message of messages) {
    try {
      records.push(fromAuditMessage(message))
    } catch (error) {
      if (!(error instanceof MalformedRecord)) throw error
      const { key, value, headers, offset } = message
      rejected.push({ key, value, headers, offset: BigInt(offset), reason: error.message })
    }
  }
  return { records, rejected }
}
