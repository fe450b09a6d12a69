import { flag, optionalText, text } from './environment.ts'

/** The variables every gRPC service has: `readEnv({ ...serviceVariables, … })`; hand the result to `serviceTls`. */
export const serviceVariables = {
  dataDir: text('GATEHOUSE_DATA_DIR', { default: './data' }),
  /** PEM files instead of development certificates. */
  tlsCa: optionalText('GATEHOUSE_TLS_CA'),
  tlsCert: optionalText('GATEHOUSE_TLS_CERT'),
  tlsKey: optionalText('GATEHOUSE_TLS_KEY'),
  reflection: flag('GATEHOUSE_GRPC_REFLECTION', false),
  healthWithoutCertificate: flag('GATEHOUSE_GRPC_HEALTH_WITHOUT_CERTIFICATE', false),
} as const
