import {
  address,
  grpcVariables,
  kafkaVariables,
  port,
  readEnv,
  type Settings,
  serviceVariables,
  text,
} from '@gatehouse/grpc-service'

export const variables = {
  ...serviceVariables,
  ...grpcVariables,
  ...kafkaVariables,
  address: address('GATEHOUSE_CREDENTIAL_ADDRESS', '127.0.0.1:7101'),
  opsPort: port('GATEHOUSE_CREDENTIAL_OPS_PORT', 9101),
  postgresUrl: text('GATEHOUSE_POSTGRES_URL'),
} as const

export type CredentialConfig = Settings<typeof variables>

/** @throws ConfigurationError that names every variable that is wrong */
export function readConfig(environment?: NodeJS.ProcessEnv): CredentialConfig {
  return readEnv(variables, environment)
}
