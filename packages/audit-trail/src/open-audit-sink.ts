import { auditTopic, auditTopicSettings, createAuditProducer, topicOnFirstUse } from '@gatehouse/bus'
import { AuditServiceClient } from '@gatehouse/contracts/audit/v1/audit_service'
import { createGeneratedClient, type Logger, type TlsMaterial } from '@gatehouse/grpc-service'
import { createGrpcSink } from './grpc-sink.ts'
import type { AuditSink } from './shipper.ts'

export interface AuditSinkSettings {
  /** Empty: the audit service itself, by gRPC. */
  readonly kafkaBrokers: readonly string[]
  readonly topicPrefix: string
  /** `host:port` */
  readonly auditAddress: string
  /** Names this process to Kafka. */
  readonly node: string
}

export type ClosableSink = AuditSink & { close(): Promise<void> }

/** Where the records of a service go: Kafka where brokers are named, else the audit service itself. */
export function openAuditSink(settings: AuditSinkSettings, tls: TlsMaterial, logger: Logger): ClosableSink {
  return settings.kafkaBrokers.length > 0 ? kafkaSink(settings, logger) : grpcSink(settings, tls)
}

function grpcSink({ auditAddress }: AuditSinkSettings, tls: TlsMaterial): ClosableSink {
  const client = createGeneratedClient(AuditServiceClient, { address: auditAddress, tls, peer: 'audit' })
  const { path, responseDeserialize } = AuditServiceClient.service.ingest
  const sink = createGrpcSink(() =>
    client.makeBidiStreamRequest(path, (encoded: Buffer) => encoded, responseDeserialize),
  )
  return {
    ...sink,
    async close() {
      sink.close()
      client.close()
    },
  }
}

function kafkaSink({ kafkaBrokers: brokers, topicPrefix, node }: AuditSinkSettings, logger: Logger): ClosableSink {
  const address = { brokers, clientId: node }
  const topicThere = topicOnFirstUse(address, auditTopicSettings(topicPrefix), logger)
  const producer = createAuditProducer({ ...address, topic: auditTopic(topicPrefix), logger })
  return {
    prepare: (records) => async () => {
      await topicThere()
      await producer.send(records)
    },
    close: () => producer.close(),
  }
}
