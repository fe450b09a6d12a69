import { join } from 'node:path'
import {
  address,
  grpcVariables,
  kafkaVariables,
  nodeVariable,
  port,
  readEnv,
  readModelVariables,
  serviceVariables,
  text,
} from '@gatehouse/grpc-service'

export const variables = {
  ...serviceVariables,
  ...grpcVariables,
  ...kafkaVariables,
  ...readModelVariables,
  address: address('GATEHOUSE_POLICY_ADDRESS', '127.0.0.1:7103'),
  opsPort: port('GATEHOUSE_POLICY_OPS_PORT', 9103),
  postgresUrl: text('GATEHOUSE_POSTGRES_URL'),
  credentialAddress: address('GATEHOUSE_CREDENTIAL_ADDRESS', '127.0.0.1:7101'),
  tokenAddress: address('GATEHOUSE_TOKEN_ADDRESS', '127.0.0.1:7102'),
  auditAddress: address('GATEHOUSE_AUDIT_ADDRESS', '127.0.0.1:7104'),
  node: nodeVariable,
} as const

export type PolicyConfig = ReturnType<typeof readConfig>

/** @throws ConfigurationError that names every variable that is wrong */
export function readConfig(environment?: NodeJS.ProcessEnv) {
  const settings = readEnv(variables, environment)
  // A gateway of the same name records beside it: on one host, or in one process.
  const node = `${settings.node}-policy`
  return { ...settings, node, spoolDirectory: join(settings.dataDir, 'spool', node) }
}
