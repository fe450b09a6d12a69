import { address, list, port, readEnv, type Settings, serviceVariables, text } from '@gatehouse/grpc-service'

const variables = {
  ...serviceVariables,
  address: address('GATEHOUSE_AUDIT_ADDRESS', '127.0.0.1:7104'),
  opsPort: port('GATEHOUSE_AUDIT_OPS_PORT', 9104),
  postgresUrl: text('GATEHOUSE_POSTGRES_URL'),
  /** Without brokers records come by gRPC alone. */
  kafkaBrokers: list('GATEHOUSE_KAFKA_BROKERS'),
  /** Put before the name of the topic, to keep installations on one Kafka apart. */
  topicPrefix: text('GATEHOUSE_TOPIC_PREFIX', { default: '', pattern: /^[a-z0-9._-]*$/, expected: 'a-z 0-9 . _ -' }),
  /** Told when API keys were last used. */
  credentialAddress: address('GATEHOUSE_CREDENTIAL_ADDRESS', '127.0.0.1:7101'),
} as const

export type AuditConfig = Settings<typeof variables>

/** @throws ConfigurationError that names every variable that is wrong */
export function readConfig(environment?: NodeJS.ProcessEnv): AuditConfig {
  return readEnv(variables, environment)
}
