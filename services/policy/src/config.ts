import { hostname } from 'node:os'
import { join } from 'node:path'
import { address, list, port, readEnv, serviceVariables, text } from '@gatehouse/grpc-service'

const variables = {
  ...serviceVariables,
  address: address('GATEHOUSE_POLICY_ADDRESS', '127.0.0.1:7103'),
  opsPort: port('GATEHOUSE_POLICY_OPS_PORT', 9103),
  postgresUrl: text('GATEHOUSE_POSTGRES_URL'),
  /** Without brokers events are delivered by the pull path alone, and decision records by gRPC. */
  kafkaBrokers: list('GATEHOUSE_KAFKA_BROKERS'),
  topicPrefix: text('GATEHOUSE_TOPIC_PREFIX', { default: '', pattern: /^[a-z0-9._-]*$/, expected: 'a-z 0-9 . _ -' }),
  credentialAddress: address('GATEHOUSE_CREDENTIAL_ADDRESS', '127.0.0.1:7101'),
  auditAddress: address('GATEHOUSE_AUDIT_ADDRESS', '127.0.0.1:7104'),
  /** Names this process in its decision records: unique in the installation. */
  node: text('GATEHOUSE_POLICY_NODE', {
    default: `policy-${hostname()
      .replaceAll(/[^A-Za-z0-9_-]/g, '-')
      .slice(0, 48)}`,
    pattern: /^[A-Za-z0-9_-]{1,64}$/,
    expected: '1 to 64 of A-Z a-z 0-9 _ -',
  }),
} as const

export type PolicyConfig = ReturnType<typeof readConfig>

/** @throws ConfigurationError that names every variable that is wrong */
export function readConfig(environment?: NodeJS.ProcessEnv) {
  const settings = readEnv(variables, environment)
  return { ...settings, spoolDirectory: join(settings.dataDir, 'policy-spool') }
}
