import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { ConfigurationError, createRegistry, type Logger, serviceTls, startOps } from '@gatehouse/grpc-service'
import type { ConsoleConfig } from './config.ts'
import { createApp } from './http/app.ts'
import { openOperatorFile, writePrivate } from './operators/operator-file.ts'
import { connectServices } from './services.ts'

export { type ConsoleConfig, readConfig } from './config.ts'

export interface RunningConsole {
  /** `host:port` of the management API. */
  readonly address: string
  /** The token of the first admin, at the first start alone; also in `<dataDir>/operator-token` for the CLI. */
  readonly firstOperatorToken: string | undefined
  close(): Promise<void>
}

/** Starts the management API. Throws ConfigurationError when an address cannot be had or a file is malformed. */
export async function startConsole(config: ConsoleConfig, { logger }: { logger: Logger }): Promise<RunningConsole> {
  const { store: operators, firstToken } = await openOperatorFile(join(config.dataDir, 'operators.json'))
  if (firstToken) await writePrivate(join(config.dataDir, 'operator-token'), `${firstToken}\n`)
  const services = connectServices(config, await serviceTls('console', config))
  const app = await createApp({ services, operators, logger })
  let draining = false
  const ops = await startOps({ port: config.opsPort, ready: () => !draining, registry: createRegistry('console') })
  const close = async () => {
    draining = true
    await app.close()
    for (const client of Object.values(services)) client.close()
    await ops.close()
    logger.info('stopped')
  }
  try {
    await app.listen({ host: config.host, port: config.port })
  } catch (error) {
    await close()
    throw listenError(config, error)
  }
  const { port } = app.server.address() as AddressInfo
  const address = `${config.host}:${port}`
  logger.info({ address, ops: ops.address }, 'ready')
  return { address, firstOperatorToken: firstToken, close }
}

function listenError({ host, port }: ConsoleConfig, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE') return new ConfigurationError(`${host}:${port} is in use`)
  return error
}
