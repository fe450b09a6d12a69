import { address, port, readEnv, type Settings, serviceVariables, text } from '@gatehouse/grpc-service'

const variables = {
  dataDir: serviceVariables.dataDir,
  tlsCa: serviceVariables.tlsCa,
  tlsCert: serviceVariables.tlsCert,
  tlsKey: serviceVariables.tlsKey,
  /** Where the management API listens: nothing but this host reaches it unless told otherwise. */
  host: text('GATEHOUSE_CONSOLE_HOST', { default: '127.0.0.1' }),
  port: port('GATEHOUSE_CONSOLE_PORT', 8081),
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
