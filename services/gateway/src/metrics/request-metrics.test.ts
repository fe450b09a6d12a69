import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import type { Outcome } from '../http1/exchange.ts'
import { createRequestMetrics } from './request-metrics.ts'

const fine: Outcome = {
  status: 200,
  end: 'complete',
  failure: undefined,
  upstreamStatus: 200,
  requestBodyBytes: 3,
  responseBodyBytes: 10,
  durationMs: 2,
  upstreamMs: 0.7,
}

async function measured(...outcomes: [method: string, over: Partial<Outcome>][]): Promise<string> {
  const registry = new Registry()
  const over = createRequestMetrics(registry)
  for (const [method, more] of outcomes) over(method)({ ...fine, ...more })
  return registry.metrics()
}

test('durations by method and status, cumulative, with sum and count', async () => {
  const text = await measured(['GET', {}], ['GET', { durationMs: 20 }], ['GET', { durationMs: 99_000 }], ['PUT', {}])
  const labels = 'http_request_method="GET",http_response_status_code="200",error_type=""'
  for (const line of [
    `http_server_request_duration_seconds_bucket{le="0.001",${labels}} 0`,
    `http_server_request_duration_seconds_bucket{le="0.0025",${labels}} 1`,
    `http_server_request_duration_seconds_bucket{le="30",${labels}} 2`,
    `http_server_request_duration_seconds_bucket{le="+Inf",${labels}} 3`,
    `http_server_request_duration_seconds_sum{${labels}} 99.022`,
    `http_server_request_duration_seconds_count{${labels}} 3`,
    'http_client_request_duration_seconds_count{http_response_status_code="200"} 4',
    'gatehouse_request_body_bytes_total 12',
    'gatehouse_response_body_bytes_total 40',
  ])
    expect(text.split('\n')).toContain(line)
})

test('failures of upstreams by reason; a client that leaves is none', async () => {
  const none = { upstreamStatus: undefined, upstreamMs: undefined }
  const text = await measured(
    ['GET', { ...none, status: 502, failure: 'upstream_connect_failed' }],
    ['GET', { ...none, status: 504, failure: 'upstream_head_timeout' }],
    ['GET', { ...none, status: 0, end: 'client_aborted' }],
    ['GET', { ...none, status: 400, failure: 'request_body_malformed' }],
  )
  expect(text).toContain('gatehouse_upstream_failures_total{reason="upstream_connect_failed"} 1')
  expect(text).toContain('gatehouse_upstream_failures_total{reason="upstream_head_timeout"} 1')
  expect(text.match(/gatehouse_upstream_failures_total\{/g)).toHaveLength(2)
  expect(text).toContain('http_response_status_code="0",error_type="client_aborted"} 1')
  expect(text).not.toContain('http_client_request_duration_seconds_count')
})

test('methods that a client may make up are one label', async () => {
  const text = await measured(['PROPFIND', {}], ['', {}], ['M-SEARCH', {}])
  const count = text.split('\n').filter((line) => line.startsWith('http_server_request_duration_seconds_count'))
  expect(count).toEqual([
    'http_server_request_duration_seconds_count{http_request_method="_OTHER",http_response_status_code="200",error_type=""} 3',
  ])
})

test('as JSON, which workers send to each other', async () => {
  const registry = new Registry()
  createRequestMetrics(registry)('GET')(fine)
  const metrics = await registry.getMetricsAsJSON()
  const { values, aggregator } = metrics.find(({ name }) => name === 'http_server_request_duration_seconds')!
  expect(aggregator).toBe('sum')
  expect(values.at(-1)).toMatchObject({ value: 1, labels: { http_request_method: 'GET' } })
})
