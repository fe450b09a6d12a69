import cluster, { type Worker } from 'node:cluster'
import { ConfigurationError, type Logger, startOps } from '@gatehouse/grpc-service'
import { AggregatorRegistry, type PrometheusContentType, type Registry } from 'prom-client'
import type { GatewayConfig } from './config.ts'

/** The metrics of all workers as one. */
class WorkersRegistry extends AggregatorRegistry<PrometheusContentType> {
  override metrics(): Promise<string> {
    return this.clusterMetrics()
  }
}

/**
 * Runs the gateway as several processes behind one port. Each has its own name in the records and its own spool; one
 * that ends unasked is started again.
 * @throws ConfigurationError when a worker ends before all of them serve for the first time
 */
export async function startWorkers(config: GatewayConfig, logger: Logger): Promise<{ close(): Promise<void> }> {
  const serving = new Set<Worker>()
  const ready = new Set<Worker>()
  const workers = new Set<Worker>()
  const started = Promise.withResolvers<void>()
  let stopping = false

  function fork(index: number): void {
    const worker = cluster.fork({ GATEHOUSE_NODE: `${config.node}-${index}` })
    workers.add(worker)
    worker.on('message', (message) => {
      if (message === 'ready') ready.add(worker)
      else if (message === 'not_ready') ready.delete(worker)
      else return
      serving.add(worker)
      if (serving.size === config.workers) started.resolve()
    })
    worker.once('exit', (code, signal) => {
      for (const each of [workers, serving, ready]) each.delete(worker)
      started.reject(new ConfigurationError(`worker ${index} does not start`))
      if (stopping) return
      logger.error({ code, signal, index }, 'a worker ended and is started again')
      setTimeout(() => !stopping && fork(index), 500)
    })
  }

  for (let index = 1; index <= config.workers; index++) fork(index)
  const ops = await startOps({
    port: config.opsPort,
    host: config.opsHost,
    registry: new WorkersRegistry(),
    ready: () => !stopping && ready.size === config.workers,
  })
  async function close(): Promise<void> {
    stopping = true
    const ended = [...workers].map((worker) => new Promise<void>((resolve) => worker.once('exit', () => resolve())))
    for (const worker of workers) worker.process.kill('SIGTERM')
    await Promise.all(ended)
    await ops.close()
  }
  try {
    await started.promise
    return { close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Answers the process that started the workers with the metrics of this one. */
export function shareMetrics(registry: Registry): void {
  AggregatorRegistry.setRegistries(registry)
  // Its constructor listens for the questions; setRegistries alone does not.
  new WorkersRegistry()
}

const reportMs = 200

export type Readiness = 'ready' | 'not_ready'

/** Tells the process that started the workers that this one serves, and whenever it becomes ready or is so no more. */
export function reportReadiness(isReady: () => boolean, send: (message: Readiness) => void): void {
  let told: Readiness | undefined
  const tell = () => {
    const message = isReady() ? 'ready' : 'not_ready'
    if (message !== told) send(message)
    told = message
  }
  tell()
  setInterval(tell, reportMs).unref()
}
