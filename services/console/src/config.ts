import { join } from 'node:path'
import { address, kafkaVariables, nodeVariable, port, readEnv, serviceVariables } from '@gatehouse/grpc-service'

export const variables = {
  ...serviceVariables,
  ...kafkaVariables,
  node: nodeVariable,
  /** Where the management API listens: nothing but this host reaches it unless told otherwise. */
  address: address('GATEHOUSE_CONSOLE_ADDRESS', '127.0.0.1:8081'),
  opsPort: port('GATEHOUSE_CONSOLE_OPS_PORT', 9105),
  credentialAddress: address('GATEHOUSE_CREDENTIAL_ADDRESS', '127.0.0.1:7101'),
  policyAddress: address('GATEHOUSE_POLICY_ADDRESS', '127.0.0.1:7103'),
  tokenAddress: address('GATEHOUSE_TOKEN_ADDRESS', '127.0.0.1:7102'),
  auditAddress: address('GATEHOUSE_AUDIT_ADDRESS', '127.0.0.1:7104'),
} as const

export type ConsoleConfig = ReturnType<typeof readConfig>

/** Reads the environment. Throws ConfigurationError, naming every variable that is wrong. */
export function readConfig(environment: NodeJS.ProcessEnv = process.env) {
  const settings = readEnv(variables, environment)
  // A gateway of the same name records beside it: on one host, or in one process.
  const node = `${settings.node}-console`
  return { ...settings, node, spoolDirectory: join(settings.dataDir, 'spool', node) }
}
