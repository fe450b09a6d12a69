import { type EventSource, eventSources } from '@gatehouse/contracts/events'
import { type Logger, SeriesHistogram } from '@gatehouse/grpc-service'
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { Watch } from '../check/check.ts'
import { createRequestMetrics } from './request-metrics.ts'

export interface GatewayMetrics {
  readonly watch: Watch
  /** A change is in force here, so many seconds after its event was committed. */
  readonly propagated: (source: string, seconds: number) => void
  readonly parked: () => void
  readonly shipped: (count: number) => void
}

/** What is read when the metrics are asked for. */
export interface Readings {
  stalenessMs(): number
  position(source: EventSource): bigint | undefined
  connections(): number
}

const buckets = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30]

/** Counts decisions and what stands behind them. No label is a key, an id or a path. */
export function createMetrics(registry: Registry, logger: Logger, readings: Readings): GatewayMetrics {
  const registers = [registry]
  const decided = countDecisions(registers)
  const duration = new SeriesHistogram({
    name: 'gatehouse_decision_duration_seconds',
    help: 'From the whole request head to the decision.',
    ...{ buckets, registers },
  }).series({})
  const propagation = new Histogram({
    name: 'gatehouse_revocation_propagation_seconds',
    help: 'From an event being committed to its being effective in this process.',
    labelNames: ['source'],
    buckets,
    registers,
  })
  const unrecorded = new Counter({
    name: 'gatehouse_unrecorded_connections_total',
    help: 'Connections cut without an answer because the decision could not be recorded.',
    registers,
  })
  const parked = new Counter({
    name: 'gatehouse_readmodel_parked_events_total',
    help: 'Events that could not be applied: what they belong to is denied.',
    registers,
  })
  const shipped = new Counter({ name: 'gatehouse_audit_shipped_records_total', help: 'Records shipped.', registers })
  gauges(registers, readings)

  return {
    watch: {
      decided(reason, method, durationMs) {
        decided(reason, method)
        duration.observe(durationMs / 1000)
      },
      over: createRequestMetrics(registry),
      failed: (err) => logger.warn({ err }, 'a request was refused because something failed'),
      unrecorded: () => unrecorded.inc(),
    },
    propagated: (source, seconds) => propagation.observe({ source }, seconds),
    parked: () => parked.inc(),
    shipped: (count) => shipped.inc(count),
  }
}

/** Counted as plain numbers, made into labelled values when they are asked for. */
function countDecisions(registers: Registry[]): (reason: string, method: string) => void {
  const counts = new Map<string, Map<string, number>>()
  new Counter({
    name: 'gatehouse_decisions_total',
    help: 'Decisions by outcome, reason and authentication method.',
    labelNames: ['outcome', 'reason', 'method'],
    registers,
    collect() {
      this.reset()
      for (const [reason, methods] of counts)
        for (const [method, count] of methods)
          this.inc({ outcome: reason === 'ok' ? 'allow' : 'deny', reason, method }, count)
    },
  })
  return (reason, method) => {
    let methods = counts.get(reason)
    if (!methods) {
      methods = new Map()
      counts.set(reason, methods)
    }
    methods.set(method, (methods.get(method) ?? 0) + 1)
  }
}

function gauges(registers: Registry[], readings: Readings): void {
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read())
      },
    })
  gauge('gatehouse_readmodel_staleness_seconds', 'How old the state is at most.', () => readings.stalenessMs() / 1000)
  gauge('gatehouse_connections', 'Open client connections.', () => readings.connections())
  new Gauge({
    name: 'gatehouse_readmodel_applied_position',
    help: 'How far each log is followed.',
    labelNames: ['source'],
    registers,
    collect() {
      for (const source of eventSources) this.set({ source }, Number(readings.position(source) ?? 0n))
    },
  })
}
