import { address, list, port, readEnv, type Settings, serviceVariables, text } from '@gatehouse/grpc-service'

const variables = {
  ...serviceVariables,
  address: address('GATEHOUSE_CREDENTIAL_ADDRESS', '127.0.0.1:7101'),
  opsPort: port('GATEHOUSE_CREDENTIAL_OPS_PORT', 9101),
  postgresUrl: text('GATEHOUSE_POSTGRES_URL'),
  /** Without brokers events are delivered by the pull path alone. */
  kafkaBrokers: list('GATEHOUSE_KAFKA_BROKERS'),
  topicPrefix: text('GATEHOUSE_TOPIC_PREFIX', { default: '', pattern: /^[a-z0-9._-]*$/, expected: 'a-z 0-9 . _ -' }),
} as const

export type CredentialConfig = Settings<typeof variables>

/** @throws ConfigurationError that names every variable that is wrong */
export function readConfig(environment?: NodeJS.ProcessEnv): CredentialConfig {
  return readEnv(variables, environment)
}
