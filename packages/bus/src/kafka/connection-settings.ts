import { connect } from 'node:net'
import { type ISocketFactory, Kafka, type logCreator, logLevel, type Producer } from 'kafkajs'
import type { Logger } from '../logger.ts'
import './request-queue-repair.ts'

/** Where the brokers are (`HOST:PORT`) and how we are called in their logs. */
export interface KafkaAddress {
  readonly brokers: readonly string[]
  readonly clientId?: string
}

export const defaultClientId = 'gatehouse'
export const connectionTimeoutMs = 2_000
export const requestTimeoutMs = 5_000
/** Attempts inside kafkajs stay few: whoever called decides what follows, with a state that it knows. */
export const retry = { retries: 3, initialRetryTime: 50, maxRetryTime: 500 }

/** That of kafkajs leaves Nagle's algorithm on, which holds small requests back. */
export const socketFactory: ISocketFactory = ({ host, port, onConnect }) =>
  connect({ host, port, noDelay: true, keepAlive: true }, onConnect)

/** A kafkajs client that writes to our logger. It connects to nothing yet. */
export function kafkaClient(address: KafkaAddress, logger: Logger): Kafka {
  return new Kafka({
    brokers: [...address.brokers],
    clientId: address.clientId ?? defaultClientId,
    connectionTimeout: connectionTimeoutMs,
    requestTimeout: requestTimeoutMs,
    retry,
    socketFactory,
    logLevel: logLevel.WARN,
    logCreator: kafkaLog(logger),
  })
}

/** A producer, not connected, whose sends inside kafkajs are written once and in order. */
export function newProducer(kafka: Kafka): Producer {
  return kafka.producer({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false, retry })
}

/** What kafkajs has to say is detail: an error that matters reaches us as a rejection, and is logged there. */
export function kafkaLog(logger: Logger): logCreator {
  return () => (entry) => {
    const { message, timestamp: _, ...fields } = entry.log
    logger.debug({ kafkajs: entry.namespace, ...fields }, message)
  }
}
