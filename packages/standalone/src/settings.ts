import { resolve } from 'node:path'
import { ConfigurationError } from '@gatehouse/grpc-service'

/** Where everything keeps its state: absolute, so that every process means the same. */
export function dataDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  return resolve(environment['GATEHOUSE_DATA_DIR']?.trim() || './data')
}

/** A failure that its message explains, so that one line says it all: something in use, or a path that cannot be had. */
export function asConfigurationError(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const path = 'code' in error && 'path' in error && /^E[A-Z]+$/.test(String(error.code))
  return path || /in use|does not start|cannot be initialised/.test(error.message)
    ? new ConfigurationError(error.message)
    : error
}
