import { logLevel } from 'kafkajs'
import Cluster, { type FetchedMessage } from 'kafkajs/src/cluster/index.js'
import loggers from 'kafkajs/src/loggers/index.js'
import type { Logger } from '../logger.ts'
import { within } from '../pause.ts'
import {
  connectionTimeoutMs,
  defaultClientId,
  type KafkaAddress,
  kafkaLog,
  requestTimeoutMs,
  retry,
  socketFactory,
} from './connection-settings.ts'

/** How long a broker holds a fetch while there is nothing; a record that arrives ends the wait at once. */
const fetchWaitMs = 500
const fetchBytesMax = 1024 * 1024
const readCommitted = 1
const metadataMsMax = 60_000
const disconnectMs = 1_000

export interface PartitionAddress extends KafkaAddress {
  readonly topic: string
  readonly partition: number
}

/** The offsets that a partition holds: `earliest` of the oldest record, `latest` of the next one to be written. */
export interface OffsetRange {
  readonly earliest: bigint
  readonly latest: bigint
}

export interface PartitionConnection {
  offsets(): Promise<OffsetRange>
  /**
   * The records from an offset on, at the end of the partition after a wait; empty when none came.
   * @throws KafkaJSOffsetOutOfRange, and any error of a connection, after which this object is of no more use.
   */
  fetch(offset: bigint): Promise<readonly FetchedMessage[]>
  close(): Promise<void>
}

/**
 * Reads one partition from its leader with kafkajs's own cluster and wire code, but without its consumer. Everything
 * that goes wrong in that one lies in its group: silent jumps to another offset (#1119, #580), rebalance loops and
 * double owners (#1720, #659), missing heartbeats (#1083), a crash that leaves an idle process (#1445), stops that
 * hang (#1168). We keep positions ourselves, so we need no group.
 */
export async function connectPartition(address: PartitionAddress, logger: Logger): Promise<PartitionConnection> {
  const { topic, partition } = address
  const cluster = new Cluster({
    logger: loggers.createLogger({ level: logLevel.WARN, logCreator: kafkaLog(logger) }),
    socketFactory,
    brokers: address.brokers,
    clientId: address.clientId ?? defaultClientId,
    connectionTimeout: connectionTimeoutMs,
    requestTimeout: requestTimeoutMs,
    enforceRequestTimeout: true,
    metadataMaxAge: metadataMsMax,
    allowAutoTopicCreation: false,
    isolationLevel: readCommitted,
    // One round over the brokers; the reader starts again with a new connection.
    retry: { ...retry, retries: address.brokers.length },
  })
  const close = () => within(disconnectMs, 'disconnect', cluster.disconnect()).catch(() => {})
  try {
    await cluster.connect()
    await cluster.addTargetTopic(topic)
  } catch (error) {
    await close()
    throw error
  }
  const leader = async () => {
    await cluster.refreshMetadataIfNecessary()
    const [nodeId] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]))
    if (nodeId === undefined) throw new Error(`${topic} has no partition ${partition}`)
    return cluster.findBroker({ nodeId })
  }
  const offsetAt = async (fromBeginning: boolean) => {
    const [found] = await cluster.fetchTopicsOffset([{ topic, partitions: [{ partition }], fromBeginning }])
    return BigInt(found?.partitions[0]?.offset ?? raise(`${topic} answers no offset of partition ${partition}`))
  }
  return {
    offsets: async () => ({ earliest: await offsetAt(true), latest: await offsetAt(false) }),
    fetch: async (offset) => {
      const broker = await leader()
      const { responses } = await broker.fetch({
        maxWaitTime: fetchWaitMs,
        minBytes: 1,
        maxBytes: fetchBytesMax,
        isolationLevel: readCommitted,
        topics: [{ topic, partitions: [{ partition, fetchOffset: String(offset), maxBytes: fetchBytesMax }] }],
      })
      const messages = responses[0]?.partitions[0]?.messages ?? []
      // A broker answers with whole batches: the first may begin before the offset.
      return messages.filter((message) => BigInt(message.offset) >= offset)
    },
    close,
  }
}

function raise(message: string): never {
  throw new Error(message)
}
