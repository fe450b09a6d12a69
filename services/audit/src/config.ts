import {
  address,
  grpcVariables,
  integer,
  kafkaVariables,
  optionalText,
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
  address: address('GATEHOUSE_AUDIT_ADDRESS', '127.0.0.1:7104'),
  opsPort: port('GATEHOUSE_AUDIT_OPS_PORT', 9104),
  postgresUrl: text('GATEHOUSE_POSTGRES_URL'),
  /** Whole days for which records are kept; 0 for ever. */
  retentionDays: integer('GATEHOUSE_AUDIT_RETENTION_DAYS', { default: 0, max: 36_500 }),
  /** What the ledger calls itself in its checkpoints; another installation has another one. */
  ledgerOrigin: text('GATEHOUSE_LEDGER_ORIGIN', {
    default: 'gatehouse.local/ledger',
    pattern: /^[^\s+]{1,255}$/u,
    expected: 'a name without blanks and +',
  }),
  /** Ed25519 private key (PEM, PKCS #8) that signs them. Made in the data directory where none is named. */
  ledgerKeyFile: optionalText('GATEHOUSE_LEDGER_KEY'),
  /** Told when API keys were last used. */
  credentialAddress: address('GATEHOUSE_CREDENTIAL_ADDRESS', '127.0.0.1:7101'),
} as const

export type AuditConfig = Settings<typeof variables>

/** @throws ConfigurationError that names every variable that is wrong */
export function readConfig(environment?: NodeJS.ProcessEnv): AuditConfig {
  return readEnv(variables, environment)
}
