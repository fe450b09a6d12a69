import { resolve } from 'node:path'
import { ConfigurationError } from '@gatehouse/grpc-service'

/** Where everything keeps its state: absolute, so that every process means the same. */
export function dataDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  return resolve(environment['GATEHOUSE_DATA_DIR']?.trim() || './data')
}

/** Names the setting that a failure is about, as one line. */
export function asConfigurationError(error: unknown): unknown {
  return error instanceof Error && /in use|does not start|cannot be initialised|EACCES|EROFS/.test(error.message)
    ? new ConfigurationError(error.message)
    : error
}
