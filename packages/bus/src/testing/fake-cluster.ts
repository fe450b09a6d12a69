import { KafkaJSProtocolError, logLevel } from 'kafkajs'
import { KafkaJSConnectionClosedError } from 'kafkajs/src/errors.js'
import loggers from 'kafkajs/src/loggers/index.js'
import createProducer from 'kafkajs/src/producer/index.js'

interface ProduceRequest {
  readonly producerId: number
  readonly topicData: readonly {
    readonly topic: string
    readonly partitions: readonly { readonly partition: number; readonly messages: readonly { value: Buffer }[] }[]
  }[]
}

/** Brokers 1 and 2 as kafkajs sees them, for its real producer: partition 0 is led by 1, partition 1 by 2. */
export function fakeCluster() {
  const written: string[] = []
  const leaders = [1, 2]
  let connected = false
  const faults = {
    /** Broker 2 drops the connection once, and broker 1 takes its partition over. */
    leaderMoves: false,
    /** So many requests for a producer id fail. */
    noProducerId: 0,
    /** Every produce request fails with this code while it is set. */
    errorCode: 0,
    /** Broker 1 answers for a partition that it was not asked about. */
    wrongPartition: false,
    silent: false,
  }
  const producerIds: number[] = []
  const broker = (nodeId: number) => ({
    nodeId,
    async initProducerId() {
      if (faults.noProducerId-- > 0) throw new Error('no producer id')
      return { producerId: 100 + producerIds.length, producerEpoch: 0 }
    },
    async produce({ topicData, producerId }: ProduceRequest) {
      if (faults.silent) return new Promise<never>(() => {})
      producerIds.push(producerId)
      if (nodeId === 2 && faults.leaderMoves) {
        faults.leaderMoves = false
        leaders[1] = 1
        throw new KafkaJSConnectionClosedError('closed', { host: 'broker2', port: 9092 })
      }
      if (faults.errorCode !== 0)
        throw new KafkaJSProtocolError({ message: 'no', type: 'UNKNOWN_PRODUCER_ID', code: faults.errorCode } as never)
      const topics = topicData.map(({ topic, partitions }) => ({
        topicName: topic,
        partitions: partitions.map(({ partition, messages }) => {
          written.push(...messages.map(({ value }) => `${partition}:${value}`))
          return { partition: faults.wrongPartition ? partition + 1 : partition, errorCode: 0, baseOffset: '0' }
        }),
      }))
      return { topics }
    },
  })
  const brokers = [broker(1), broker(2)]
  const metadata = () => leaders.map((leader, partitionId) => ({ partitionId, leader, partitionErrorCode: 0 }))
  const cluster = {
    retry: { retries: 0 },
    connect: async () => {
      connected = true
    },
    disconnect: async () => {
      connected = false
    },
    isConnected: () => connected,
    refreshMetadata: async () => {},
    refreshMetadataIfNecessary: async () => {},
    addMultipleTargetTopics: async () => {},
    removeBroker: () => {},
    findControllerBroker: async () => brokers[0],
    findTopicPartitionMetadata: metadata,
    findLeaderForPartitions: (_: string, partitions: string[]) =>
      Object.groupBy(partitions.map(Number), (partition) => leaders[partition] ?? 0),
    findBroker: async ({ nodeId }: { nodeId: string }) => brokers.find((each) => each.nodeId === Number(nodeId)),
  }
  const logger = loggers.createLogger({ level: logLevel.NOTHING, logCreator: () => () => {} })
  const retry = { retries: 2, initialRetryTime: 1, maxRetryTime: 2 }
  return {
    written,
    producerIds,
    faults,
    newProducer: () => createProducer({ cluster, logger, idempotent: true, retry }),
  }
}
