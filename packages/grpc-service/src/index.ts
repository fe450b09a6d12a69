export {
  type CallSettings,
  type ClientSettings,
  createClient,
  createGeneratedClient,
  type ServiceClient,
} from './client.ts'
export type { CallContext } from './context.ts'
export {
  address,
  ConfigurationError,
  cannotListen,
  cannotUsePostgres,
  flag,
  integer,
  list,
  optionalText,
  port,
  readEnv,
  type Settings,
  text,
  type Variable,
} from './environment.ts'
export { type BoundService, type GrpcService, grpcService } from './handlers.ts'
export { createLogger, type Logger, redact } from './logger.ts'
export type { UnaryCalls } from './method.ts'
export { createRegistry, watchOutbox, watchSpool } from './metrics.ts'
export { startOps } from './ops.ts'
export { cutPage, type PageRequest, pageOf, pageSizeMax } from './page.ts'
export { each, form, nested, orEmpty, orUnset, type Rule, type Rules, validate, violationsOf } from './rules.ts'
export { type Running, runMain } from './run-main.ts'
export { readOrMakeSecret } from './secret-file.ts'
export { type Series, SeriesHistogram } from './series-histogram.ts'
export { type GrpcServiceOptions, type RunningGrpcService, startGrpcService } from './server.ts'
export {
  grpcVariables,
  kafkaVariables,
  nodeVariable,
  readModelVariables,
  serviceVariables,
} from './service-variables.ts'
export { devCertificates, serviceTls, type TlsMaterial } from './tls.ts'
export { isTracing, type OpenSpan, openSpan, startTracing, traced } from './tracing.ts'
