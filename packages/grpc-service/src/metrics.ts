import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

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

/** What waits in the audit spool of a process: `gatehouse_audit_spool_records` and `gatehouse_audit_unacked_seconds`. */
export function watchSpool(
  registry: Registry,
  spool: { readonly records: number; oldestSeconds(nowMs: number): number },
): void {
  const age = () => spool.oldestSeconds(Date.now())
  gauge(registry, 'gatehouse_audit_spool_records', 'Decision records not yet acknowledged.', () => spool.records)
  gauge(registry, 'gatehouse_audit_unacked_seconds', 'Age of the oldest of them.', age)
}

/** `gatehouse_outbox_unpublished_events`: what Kafka has not got yet, as the process knows it that publishes. */
export function watchOutbox(
  registry: Registry,
  store: { head(): Promise<bigint> },
  relay: { leading(): boolean; publishedPosition(): bigint | undefined },
): void {
  gauge(registry, 'gatehouse_outbox_unpublished_events', 'Events that Kafka has not got yet.', async () => {
    const published = relay.publishedPosition()
    return relay.leading() && published !== undefined ? Number((await store.head()) - published) : 0
  })
}

/** Read when the metrics are asked for. */
function gauge(registry: Registry, name: string, help: string, read: () => number | Promise<number>): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    async collect() {
      this.set(await read())
    },
  })
}
