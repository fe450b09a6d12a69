import { type AuditSink, createGrpcSink } from '@gatehouse/audit-trail'
import { auditTopic, auditTopicSettings, createAuditProducer, ensureTopics } from '@gatehouse/bus'
import { AuditServiceClient } from '@gatehouse/contracts/audit/v1/audit_service'
import { createGeneratedClient, type Logger, type TlsMaterial } from '@gatehouse/grpc-service'
import type { GatewayConfig } from './config.ts'

type ClosableSink = AuditSink & { close(): void | Promise<void> }

/** Where the records go: Kafka where brokers are named, else the audit service itself. */
export function openAuditSink(config: GatewayConfig, tls: TlsMaterial, logger: Logger): ClosableSink {
  return config.kafkaBrokers.length > 0 ? kafkaSink(config, logger) : grpcSink(config, tls)
}

function grpcSink({ auditAddress }: GatewayConfig, tls: TlsMaterial): ClosableSink {
  const client = createGeneratedClient(AuditServiceClient, { address: auditAddress, tls, peer: 'audit' })
  const sink = createGrpcSink(() => client.ingest())
  return {
    send: (records) => sink.send(records),
    close() {
      sink.close()
      client.close()
    },
  }
}

/** Whether the topic exists is asked at the first send: Kafka may come later than the gateway. */
function kafkaSink({ kafkaBrokers: brokers, topicPrefix }: GatewayConfig, logger: Logger): ClosableSink {
  const address = { brokers, clientId: 'gatehouse-gateway' }
  const producer = createAuditProducer({ ...address, topic: auditTopic(topicPrefix), logger })
  let topicThere = false
  return {
    async send(records) {
      if (!topicThere) await ensureTopics(address, [auditTopicSettings(topicPrefix)], logger)
      topicThere = true
      await producer.send(records)
    },
    close: () => producer.close(),
  }
}
