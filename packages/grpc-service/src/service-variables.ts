import { hostname } from 'node:os'
import { flag, integer, list, optionalText, text } from './environment.ts'

/** The variables every service has: `readEnv({ ...serviceVariables, … })`; hand the result to `serviceTls`. */
export const serviceVariables = {
  dataDir: text('GATEHOUSE_DATA_DIR', { default: './data' }),
  /** Where `/livez /readyz /metrics` listen: nothing but this host reaches them unless told otherwise. */
  opsHost: text('GATEHOUSE_OPS_HOST', { default: '127.0.0.1', pattern: /^[A-Za-z0-9_.:-]+$/, expected: 'a host' }),
  /** PEM files instead of development certificates. */
  tlsCa: optionalText('GATEHOUSE_TLS_CA'),
  tlsCert: optionalText('GATEHOUSE_TLS_CERT'),
  tlsKey: optionalText('GATEHOUSE_TLS_KEY'),
} as const

/** The variables of a service with a gRPC server. */
export const grpcVariables = {
  reflection: flag('GATEHOUSE_GRPC_REFLECTION', false),
  healthWithoutCertificate: flag('GATEHOUSE_GRPC_HEALTH_WITHOUT_CERTIFICATE', false),
} as const

/** The variables of a service that publishes to Kafka or reads from it. */
export const kafkaVariables = {
  /** Without brokers events are delivered by the pull path alone, and decision records by gRPC. */
  kafkaBrokers: list('GATEHOUSE_KAFKA_BROKERS'),
  /** Put before the names of the topics, to keep installations on one Kafka apart. */
  topicPrefix: text('GATEHOUSE_TOPIC_PREFIX', { default: '', pattern: /^[a-z0-9._-]*$/, expected: 'a-z 0-9 . _ -' }),
} as const

/** The variables of a service that decides on the read model. */
export const readModelVariables = {
  redisUrl: optionalText('GATEHOUSE_REDIS_URL'),
  cacheBytes: integer('GATEHOUSE_CACHE_BYTES', { default: 64 << 20, min: 1 << 20 }),
} as const

/** Names a process in its decision records: unique in the installation. */
export const nodeVariable = text('GATEHOUSE_NODE', {
  default:
    hostname()
      .replaceAll(/[^A-Za-z0-9_-]/g, '-')
      .replace(/^[_-]+/, '')
      .slice(0, 48) || 'gatehouse',
  pattern: /^[A-Za-z0-9][A-Za-z0-9_-]{0,47}$/,
  expected: '1 to 48 of A-Z a-z 0-9 _ -, not starting with _ or -',
})
