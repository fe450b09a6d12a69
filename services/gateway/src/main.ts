import cluster from 'node:cluster'
import { runMain } from '@gatehouse/grpc-service'
import { readConfig } from './config.ts'
import { startGateway } from './service.ts'
import { reportReadiness, startWorkers } from './workers.ts'

await runMain(
  'gateway',
  async (logger) => {
    const config = readConfig()
    if (config.workers > 1 && cluster.isPrimary) return startWorkers(config, logger)
    const gateway = await startGateway(config, { logger })
    if (cluster.isWorker) reportReadiness(gateway.ready, (message) => process.connected && process.send?.(message))
    return gateway
  },
  // Ctrl-C and service managers signal the workers as well as the process that started them, which signals them too.
  { secondSignal: cluster.isWorker ? 'ignored' : 'ends' },
)
