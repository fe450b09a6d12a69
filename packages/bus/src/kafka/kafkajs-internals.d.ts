// The parts of kafkajs 2.2.4 that it does not type. The version is pinned; partition-reader.integration.test.ts
// fails where another one behaves differently.

declare module 'kafkajs/src/cluster/index.js' {
  export interface FetchedMessage {
    readonly offset: string
    readonly key: Buffer | null
    readonly value: Buffer | null
    readonly headers: { readonly [name: string]: Buffer | undefined }
  }

  export interface Broker {
    fetch(request: {
      maxWaitTime: number
      minBytes: number
      maxBytes: number
      isolationLevel: number
      topics: readonly {
        readonly topic: string
        readonly partitions: readonly { partition: number; fetchOffset: string; maxBytes: number }[]
      }[]
    }): Promise<{
      readonly responses: readonly {
        readonly topicName: string
        readonly partitions: readonly {
          readonly partition: number
          readonly highWatermark: string
          readonly messages: readonly FetchedMessage[]
        }[]
      }[]
    }>
  }

  interface ClusterOptions {
    readonly logger: unknown
    readonly socketFactory: unknown
    readonly brokers: readonly string[]
    readonly clientId: string
    readonly connectionTimeout: number
    readonly requestTimeout: number
    readonly enforceRequestTimeout: boolean
    readonly metadataMaxAge: number
    readonly allowAutoTopicCreation: boolean
    readonly isolationLevel: number
    readonly retry: { readonly retries: number; readonly initialRetryTime: number; readonly maxRetryTime: number }
  }

  export default class Cluster {
    constructor(options: ClusterOptions)
    connect(): Promise<void>
    disconnect(): Promise<void>
    addTargetTopic(topic: string): Promise<void>
    refreshMetadataIfNecessary(): Promise<void>
    findLeaderForPartitions(topic: string, partitions: readonly number[]): { readonly [nodeId: string]: number[] }
    findBroker(node: { readonly nodeId: string }): Promise<Broker>
    fetchTopicsOffset(
      topics: readonly {
        readonly topic: string
        readonly partitions: readonly { readonly partition: number }[]
        readonly fromBeginning: boolean
      }[],
    ): Promise<readonly { readonly partitions: readonly { readonly partition: number; readonly offset: string }[] }[]>
  }
}

declare module 'kafkajs/src/loggers/index.js' {
  const loggers: { createLogger(options: { level: number; logCreator: import('kafkajs').logCreator }): unknown }
  export default loggers
}

declare module 'kafkajs/src/network/requestQueue/index.js' {
  export default class RequestQueue {
    pending: readonly unknown[]
    throttledUntil: number
    scheduleCheckPendingRequests(): void
  }
}

declare module 'kafkajs/src/producer/index.js' {
  export default function createProducer(options: {
    cluster: object
    logger: unknown
    idempotent: boolean
    retry: { retries: number; initialRetryTime: number; maxRetryTime: number }
  }): import('kafkajs').Producer
}

declare module 'kafkajs/src/errors.js' {
  export class KafkaJSConnectionClosedError extends Error {
    constructor(message: string, broker: { host: string; port: number })
  }
}
