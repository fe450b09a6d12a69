import { collectDefaultMetrics, Histogram, Registry } from 'prom-client'

/** Measures calls: `start(path)` answers what to call with the status at their end. */
export interface CallMetrics {
  start(path: string): (status: string) => void
}

/** A registry with the metrics of the process itself; `service` becomes a label of every metric. */
export function createRegistry(service: string): Registry {
  const registry = new Registry()
  registry.setDefaultLabels({ service })
  collectDefaultMetrics({ register: registry })
  return registry
}

/** `rpc_server_call_duration_seconds` by method path and status; streams count from start to end. */
export function createCallMetrics(registry: Registry): CallMetrics {
  const duration = new Histogram({
    name: 'rpc_server_call_duration_seconds',
    help: 'Duration of gRPC calls answered',
    labelNames: ['method', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [registry],
  })
  return {
    start(path) {
      const startedAt = performance.now()
      return (status) => duration.observe({ method: path.slice(1), status }, (performance.now() - startedAt) / 1000)
    },
  }
}
