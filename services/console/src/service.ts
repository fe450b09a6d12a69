import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { openShippedTrail } from '@gatehouse/audit-trail'
import { cannotListen, createRegistry, type Logger, type Running, serviceTls, startOps } from '@gatehouse/grpc-service'
import type { FastifyInstance } from 'fastify'
import type { ConsoleConfig } from './config.ts'
import { createApp } from './http/app.ts'
import { openOperatorFile, writePrivate } from './operators/operator-file.ts'
import { connectServices } from './services.ts'

export { type ConsoleConfig, readConfig } from './config.ts'

export interface RunningConsole extends Running {
  /** `host:port` of the management API. */
  readonly address: string
  readonly opsAddress: string
  /** The token of the first admin, at the first start alone; also in `<dataDir>/operator-token` for the CLI. */
  readonly firstOperatorToken: string | undefined
}

/** Starts the management API. Throws ConfigurationError when an address cannot be had or a file is malformed. */
export async function startConsole(config: ConsoleConfig, { logger }: { logger: Logger }): Promise<RunningConsole> {
  // Closed in the reverse order of opening, also when a later one does not open.
  await using opened = new AsyncDisposableStack()
  const { store: operators, firstToken } = await openOperatorFile(join(config.dataDir, 'operators.json'))
  if (firstToken) await writePrivate(join(config.dataDir, 'operator-token'), `${firstToken}\n`)
  const tls = await serviceTls('console', config)
  const registry = createRegistry('console')
  // Operators decide little: small files.
  const settings = { ...config, product: 'console', segmentBytes: 1 << 20 }
  const records = await openShippedTrail(settings, tls, registry, logger)
  opened.defer(() => records.close())
  const services = connectServices(config, tls)
  opened.defer(() => {
    for (const client of Object.values(services)) client.close()
  })
  const app = await createApp({ services, operators, trail: records.trail, logger })
  let serving = false
  const ops = await startOps({ port: config.opsPort, host: config.opsHost, ready: () => serving, registry })
  opened.defer(() => ops.close())
  opened.defer(() => {
    serving = false
    return app.close()
  })
  const address = await listen(app, config.address)
  serving = true
  logger.info({ address, ops: ops.address }, 'ready')
  const closing = opened.move()
  return {
    address,
    opsAddress: ops.address,
    firstOperatorToken: firstToken,
    async close() {
      await closing.disposeAsync()
      logger.info('stopped')
    },
  }
}

async function listen(app: FastifyInstance, address: string): Promise<string> {
  const colon = address.lastIndexOf(':')
  const host = address.slice(0, colon)
  try {
    await app.listen({ host: host.replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) })
  } catch (error) {
    throw cannotListen(address, error as Error)
  }
  return `${host}:${(app.server.address() as AddressInfo).port}`
}
