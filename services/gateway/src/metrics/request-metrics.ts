import { type Series, SeriesHistogram } from '@gatehouse/grpc-service'
import { Counter, type Registry } from 'prom-client'
import type { Outcome } from '../http1/exchange.ts'

const buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** The methods that OpenTelemetry knows; others are one, so that a client cannot make up labels. */
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH', 'QUERY'])

/**
 * Measures how requests end, under the names of OpenTelemetry's semantic conventions: duration by method, status and
 * kind of error, the upstream's time to its response head, bodies, and why upstreams failed.
 * @returns what is to be told the end of a request of a method, one function for each method
 */
export function createRequestMetrics(registry: Registry): (method: string) => (outcome: Outcome) => void {
  const registers = [registry]
  const duration = new SeriesHistogram({
    name: 'http_server_request_duration_seconds',
    help: 'From the whole request head to the end of the response; status 0 where the client got none.',
    labelNames: ['http_request_method', 'http_response_status_code', 'error_type'],
    ...{ buckets, registers },
  })
  const upstream = new SeriesHistogram({
    name: 'http_client_request_duration_seconds',
    help: 'From a request leaving for its upstream to the response head.',
    labelNames: ['http_response_status_code'],
    ...{ buckets, registers },
  })
  const failures = new Counter({
    name: 'gatehouse_upstream_failures_total',
    help: 'Forwarded requests that did not end as the upstream meant them to, by reason.',
    labelNames: ['reason'],
    registers,
  })
  const upstreamSeries = new Map<number, Series<'http_response_status_code'>>()
  const bodies = bodyCounters(registers)

  function upstreamTook(status: number, milliseconds: number): void {
    let series = upstreamSeries.get(status)
    if (!series) {
      series = upstream.series({ http_response_status_code: String(status) })
      upstreamSeries.set(status, series)
    }
    series.observe(milliseconds / 1000)
  }

  function measure(method: string): (outcome: Outcome) => void {
    // Numbers as keys where all went well: building a text for each request would cost more than the rest.
    const ended = new Map<number | string, ReturnType<typeof duration.series>>()
    return (outcome) => {
      const { status, upstreamStatus, upstreamMs, failure } = outcome
      const error = failure ?? (outcome.end === 'complete' ? '' : outcome.end)
      const key = error === '' ? status : `${status} ${error}`
      let series = ended.get(key)
      if (!series) {
        const labels = { http_request_method: method, http_response_status_code: String(status), error_type: error }
        series = duration.series(labels)
        ended.set(key, series)
      }
      series.observe(outcome.durationMs / 1000)
      if (upstreamMs !== undefined && upstreamStatus !== undefined) upstreamTook(upstreamStatus, upstreamMs)
      if (failure?.startsWith('upstream_')) failures.inc({ reason: failure })
      bodies.request += outcome.requestBodyBytes
      bodies.response += outcome.responseBodyBytes
    }
  }

  const measures = new Map<string, (outcome: Outcome) => void>()
  return (method) => {
    const name = methods.has(method) ? method : '_OTHER'
    let over = measures.get(name)
    if (!over) {
      over = measure(name)
      measures.set(name, over)
    }
    return over
  }
}

function bodyCounters(registers: Registry[]) {
  const bytes = { request: 0, response: 0 }
  const counter = (name: string, help: string, read: () => number) =>
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset()
        this.inc(read())
      },
    })
  counter('gatehouse_request_body_bytes_total', 'Body bytes read from clients.', () => bytes.request)
  counter('gatehouse_response_body_bytes_total', 'Body bytes handed to clients.', () => bytes.response)
  return bytes
}
