import { join } from 'node:path'
import {
  address,
  integer,
  kafkaVariables,
  nodeVariable,
  optionalText,
  port,
  readEnv,
  readModelVariables,
  serviceVariables,
} from '@gatehouse/grpc-service'

export const variables = {
  ...serviceVariables,
  ...kafkaVariables,
  ...readModelVariables,
  address: address('GATEHOUSE_GATEWAY_ADDRESS', '0.0.0.0:8080'),
  opsPort: port('GATEHOUSE_GATEWAY_OPS_PORT', 9100),
  node: nodeVariable,
  workers: integer('GATEHOUSE_GATEWAY_WORKERS', { default: 1, min: 1, max: 256 }),
  trustedProxies: integer('GATEHOUSE_TRUSTED_PROXIES', { default: 0, max: 32 }),
  certFile: optionalText('GATEHOUSE_HTTPS_CERT'),
  keyFile: optionalText('GATEHOUSE_HTTPS_KEY'),
  /** Clients are asked for a certificate, which may also be one of their own making (RFC 8705). */
  clientCaFile: optionalText('GATEHOUSE_HTTPS_CLIENT_CA'),
  credentialAddress: address('GATEHOUSE_CREDENTIAL_ADDRESS', '127.0.0.1:7101'),
  tokenAddress: address('GATEHOUSE_TOKEN_ADDRESS', '127.0.0.1:7102'),
  policyAddress: address('GATEHOUSE_POLICY_ADDRESS', '127.0.0.1:7103'),
  auditAddress: address('GATEHOUSE_AUDIT_ADDRESS', '127.0.0.1:7104'),
  /** As the token service has it: a key signs when caches of the JWKS must know it. */
  jwksCacheSeconds: integer('GATEHOUSE_JWKS_CACHE_SECONDS', { default: 300, max: 86_400 }),
  spoolSegmentBytes: integer('GATEHOUSE_SPOOL_SEGMENT_BYTES', { default: 16 << 20, min: 64 << 10 }),
  spoolSegmentsMax: integer('GATEHOUSE_SPOOL_SEGMENTS', { default: 64, min: 3 }),
  /** Below the 30 s that HTTP/1.1 waits for a decision: what is answered then would not be on record. */
  positionWaitMs: integer('GATEHOUSE_POSITION_WAIT_MS', { default: 2000, max: 20_000 }),
  drainMs: integer('GATEHOUSE_DRAIN_MS', { default: 30_000, max: 600_000 }),
} as const

export type GatewayConfig = ReturnType<typeof readConfig>

/** Reads the gateway's settings. Throws one ConfigurationError that names everything that is wrong. */
export function readConfig(environment: NodeJS.ProcessEnv = process.env) {
  const settings = readEnv(variables, environment)
  return { ...settings, spoolDirectory: join(settings.dataDir, 'spool', settings.node) }
}
