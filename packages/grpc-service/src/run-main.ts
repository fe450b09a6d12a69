import { ConfigurationError } from './environment.ts'
import { createLogger, type Logger } from './logger.ts'
import { startTracing } from './tracing.ts'

/** What a service's `startX` answers, as far as its life cycle goes. */
export interface Running {
  close(): Promise<void>
}

export interface RunOptions {
  /** `ignored` for a process that is signalled by its parent and with its group too: that must not cut its drain. */
  readonly secondSignal?: 'ends' | 'ignored'
}

/** How long a service may take to stop after a signal; the process ends then whatever holds it. */
const stopMs = 45_000

/**
 * The whole of a `main.ts`: starts tracing and the service, stops it on SIGTERM and SIGINT (a second signal ends at
 * once), and answers a ConfigurationError with one line on standard error and exit code 1.
 */
export async function runMain(
  name: string,
  start: (logger: Logger) => Promise<Running>,
  { secondSignal = 'ends' }: RunOptions = {},
): Promise<void> {
  const logger = loggerOf(name)
  process.on('uncaughtException', (error) => end(logger, error))
  process.on('unhandledRejection', (error) => end(logger, error))
  try {
    const tracing = await startTracing(name)
    const running = await start(logger)
    onSignal(logger, secondSignal, async () => {
      await running.close()
      await tracing.close()
    })
  } catch (error) {
    if (error instanceof ConfigurationError) refuse(name, error)
    else end(logger, error)
  }
}

function loggerOf(name: string): Logger {
  try {
    return createLogger(name)
  } catch (error) {
    if (error instanceof ConfigurationError) refuse(name, error)
    throw error
  }
}

function refuse(name: string, { message }: ConfigurationError): never {
  process.stderr.write(`${name}: ${message}\n`)
  process.exit(1)
}

function end(logger: Logger, error: unknown): void {
  logger.fatal({ err: error }, 'ends on an unexpected error')
  process.exit(1)
}

function onSignal(logger: Logger, secondSignal: 'ends' | 'ignored', stop: () => Promise<void>): void {
  let stopping = false
  const handle = (signal: NodeJS.Signals) => {
    if (stopping && secondSignal === 'ignored') return
    if (stopping) process.exit(1)
    stopping = true
    logger.info({ signal }, 'stopping')
    setTimeout(() => process.exit(1), stopMs).unref()
    stop().then(
      () => process.exit(0),
      (error) => end(logger, error),
    )
  }
  process.on('SIGTERM', handle)
  process.on('SIGINT', handle)
}
