import { hostname } from 'node:os'
import { join } from 'node:path'
import { address, integer, list, optionalText, port, readEnv, serviceVariables, text } from '@gatehouse/grpc-service'

export type GatewayConfig = ReturnType<typeof readConfig>

/** Reads the gateway's settings. Throws one ConfigurationError that names everything that is wrong. */
export function readConfig(environment: NodeJS.ProcessEnv = process.env) {
  const settings = readEnv(
    {
      ...serviceVariables,
      address: address('GATEHOUSE_GATEWAY_ADDRESS', '0.0.0.0:8080'),
      opsPort: port('GATEHOUSE_GATEWAY_OPS_PORT', 9100),
      /** Names this gateway in every record: unique in the installation. */
      node: text('GATEHOUSE_NODE', {
        default:
          hostname()
            .replaceAll(/[^A-Za-z0-9_-]/g, '-')
            .slice(0, 48) || 'gateway',
        pattern: /^[A-Za-z0-9_-]{1,48}$/,
        expected: '1 to 48 of A-Z a-z 0-9 _ -',
      }),
      workers: integer('GATEHOUSE_GATEWAY_WORKERS', { default: 1, min: 1, max: 256 }),
      trustedProxies: integer('GATEHOUSE_TRUSTED_PROXIES', { default: 0, max: 32 }),
      certFile: optionalText('GATEHOUSE_HTTPS_CERT'),
      keyFile: optionalText('GATEHOUSE_HTTPS_KEY'),
      redisUrl: optionalText('GATEHOUSE_REDIS_URL'),
      kafkaBrokers: list('GATEHOUSE_KAFKA_BROKERS'),
      topicPrefix: text('GATEHOUSE_TOPIC_PREFIX', {
        default: '',
        pattern: /^[a-z0-9._-]*$/,
        expected: 'a-z 0-9 . _ -',
      }),
      credentialAddress: address('GATEHOUSE_CREDENTIAL_ADDRESS', '127.0.0.1:7101'),
      policyAddress: address('GATEHOUSE_POLICY_ADDRESS', '127.0.0.1:7103'),
      auditAddress: address('GATEHOUSE_AUDIT_ADDRESS', '127.0.0.1:7104'),
      cacheBytes: integer('GATEHOUSE_CACHE_BYTES', { default: 64 << 20, min: 1 << 20 }),
      spoolSegmentBytes: integer('GATEHOUSE_SPOOL_SEGMENT_BYTES', { default: 16 << 20, min: 64 << 10 }),
      spoolSegmentsMax: integer('GATEHOUSE_SPOOL_SEGMENTS', { default: 64, min: 3 }),
      positionWaitMs: integer('GATEHOUSE_POSITION_WAIT_MS', { default: 2000, max: 60_000 }),
      drainMs: integer('GATEHOUSE_DRAIN_MS', { default: 30_000, max: 600_000 }),
    },
    environment,
  )
  return { ...settings, spoolDirectory: join(settings.dataDir, 'spool', settings.node) }
}
