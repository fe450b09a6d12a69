import { setTimeout as delay } from 'node:timers/promises'
import {
  type AuditBatch,
  auditTopic,
  auditTopicSettings,
  consumeAudit,
  ensureTopics,
  type RejectedRecord,
} from '@gatehouse/bus'
import type { Logger } from '@gatehouse/grpc-service'
import type { DeadLetter } from './domain/dead-letter.ts'
import type { Ledger } from './store/ledger.ts'

export interface KafkaIntakeOptions {
  readonly brokers: readonly string[]
  readonly topicPrefix: string
  readonly ledger: Ledger
  readonly logger: Logger
}

const RETRY_MS = 1000

/**
 * Stores what the audit topic brings; the offset is committed with the records, so a restart repeats none.
 * `finished` rejects when records were lost in Kafka: the process must end, an operator decides how to go on.
 */
export function startKafkaIntake({ brokers, topicPrefix, ledger, logger }: KafkaIntakeOptions) {
  const topic = auditTopic(topicPrefix)
  const closing = new AbortController()
  const creating = createTopic({ brokers }, topicPrefix, logger, closing.signal)
  const consumer = consumeAudit({
    brokers,
    clientId: 'gatehouse-audit',
    topic,
    logger,
    nextOffset: (partition) => ledger.nextOffset(topic, partition),
    async onRecords({ partition, records, rejected, nextOffset }: AuditBatch) {
      const source = `${topic} ${partition}`
      await ledger.append({
        records,
        source,
        rejected: rejected.map((record) => deadLetter(record, source)),
        nextOffset: { topic, partition, offset: nextOffset },
      })
    },
  })
  return {
    finished: consumer.finished,
    async close() {
      closing.abort()
      await Promise.all([creating, consumer.close()])
    },
  }
}

/** Until Kafka is there; the consumer waits for the topic meanwhile. */
async function createTopic(
  address: { readonly brokers: readonly string[] },
  topicPrefix: string,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      return await ensureTopics(address, [auditTopicSettings(topicPrefix)], logger)
    } catch (err) {
      logger.warn({ err }, 'the audit topic cannot be created yet')
      await delay(RETRY_MS, undefined, { signal }).catch(() => undefined)
    }
  }
}

function deadLetter({ offset, reason, key, value, headers }: RejectedRecord, source: string): DeadLetter {
  const texts = Object.entries(headers).map(([name, header]) => [name, String(header)])
  const about = JSON.stringify({ key: key?.toString('base64') ?? null, headers: Object.fromEntries(texts) })
  return {
    source: `${source} ${offset}`,
    identity: undefined,
    problem: `${reason} ${about}`.replaceAll('\0', '\ufffd').slice(0, 4096),
    raw: value ?? Buffer.alloc(0),
  }
}
