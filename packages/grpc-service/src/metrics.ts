import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import { type Series, SeriesHistogram } from './series-histogram.ts'

/** Begins to measure a call; answers what to call with its status at its end. */
export type MeasureCall = () => (status: string) => void

export interface CallMetrics {
  ofMethod(path: string): MeasureCall
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
  const duration = new SeriesHistogram({
    name: 'rpc_server_call_duration_seconds',
    help: 'Duration of gRPC calls answered',
    labelNames: ['method', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [registry],
  })
  return {
    ofMethod(path) {
      const byStatus = new Map<string, Series<'method' | 'status'>>()
      const seriesOf = (status: string) => {
        const series = duration.series({ method: path.slice(1), status })
        byStatus.set(status, series)
        return series
      }
      return () => {
        const startedAt = performance.now()
        return (status) => (byStatus.get(status) ?? seriesOf(status)).observe((performance.now() - startedAt) / 1000)
      }
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
