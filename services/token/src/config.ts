import { join } from 'node:path'
import {
  address,
  grpcVariables,
  integer,
  kafkaVariables,
  nodeVariable,
  optionalText,
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
  address: address('GATEHOUSE_TOKEN_ADDRESS', '127.0.0.1:7102'),
  opsPort: port('GATEHOUSE_TOKEN_OPS_PORT', 9102),
  postgresUrl: text('GATEHOUSE_POSTGRES_URL'),
  credentialAddress: address('GATEHOUSE_CREDENTIAL_ADDRESS', '127.0.0.1:7101'),
  policyAddress: address('GATEHOUSE_POLICY_ADDRESS', '127.0.0.1:7103'),
  auditAddress: address('GATEHOUSE_AUDIT_ADDRESS', '127.0.0.1:7104'),
  node: nodeVariable,
  /** 32 bytes in base64: seals the private keys. Made in the data directory where none is named. */
  keyEncryptionKeyFile: optionalText('GATEHOUSE_KEY_ENCRYPTION_KEY'),
  /** Client secrets at identity providers, one file each, named as `client_secret_ref` says. */
  secretsDir: optionalText('GATEHOUSE_TOKEN_SECRETS_DIR'),
  /** How long the JWKS may be cached: a key signs when it was published for so long. */
  jwksCacheSeconds: integer('GATEHOUSE_JWKS_CACHE_SECONDS', { default: 300, max: 86_400 }),
} as const

export type TokenConfig = ReturnType<typeof readConfig>

/** @throws ConfigurationError that names every variable that is wrong */
export function readConfig(environment?: NodeJS.ProcessEnv) {
  const settings = readEnv(variables, environment)
  // A gateway of the same name records beside it: on one host, or in one process.
  const node = `${settings.node}-token`
  return {
    ...settings,
    node,
    spoolDirectory: join(settings.dataDir, 'spool', node),
    keyEncryptionKeyFile: settings.keyEncryptionKeyFile ?? join(settings.dataDir, 'keys', 'key-encryption-key'),
    secretsDir: settings.secretsDir ?? join(settings.dataDir, 'secrets'),
  }
}
