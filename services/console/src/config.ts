import { address, port, readEnv, type Settings, serviceVariables } from '@gatehouse/grpc-service'

export const variables = {
  ...serviceVariables,
  /** Where the management API listens: nothing but this host reaches it unless told otherwise. */
  address: address('GATEHOUSE_CONSOLE_ADDRESS', '127.0.0.1:8081'),
  opsPort: port('GATEHOUSE_CONSOLE_OPS_PORT', 9105),
  credentialAddress: address('GATEHOUSE_CREDENTIAL_ADDRESS', '127.0.0.1:7101'),
  policyAddress: address('GATEHOUSE_POLICY_ADDRESS', '127.0.0.1:7103'),
  auditAddress: address('GATEHOUSE_AUDIT_ADDRESS', '127.0.0.1:7104'),
} as const

export type ConsoleConfig = Settings<typeof variables>

/** Reads the environment. Throws ConfigurationError, naming every variable that is wrong. */
export function readConfig(environment = process.env): ConsoleConfig {
  return readEnv(variables, environment)
}
