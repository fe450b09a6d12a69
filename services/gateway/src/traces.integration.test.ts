import { startTracing } from '@gatehouse/grpc-service'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { call, listen, operation, startTestSystem, type TestSystem } from '../test/system.ts'

interface Span {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly attributes: readonly { key: string; value: object }[]
}

const spans: Span[] = []
const sent: string[] = []
const bodies: string[] = []
let collector: Awaited<ReturnType<typeof listen>>
let system: TestSystem
let tracing: Awaited<ReturnType<typeof startTracing>>

beforeAll(async () => {
  collector = await listen(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    bodies.push(body)
    for (const { scopeSpans } of JSON.parse(body).resourceSpans)
      for (const scope of scopeSpans) spans.push(...scope.spans)
    response.end('{}')
  })
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', `http://127.0.0.1:${collector.port}`)
  vi.stubEnv('OTEL_BSP_SCHEDULE_DELAY', '100')
  tracing = await startTracing('test')
  system = await startTestSystem(
    (request, response) => {
      sent.push(String(request.headers['traceparent']))
      request.resume().on('end', () => response.end('items'))
    },
    [operation('list-items', 'GET /items')],
  )
})
afterAll(async () => {
  await system?.close()
  await tracing?.close()
  collector?.close()
})

test('one trace from a command of the management API through its event to the read model', async () => {
  await system.issue()
  const steps = [
    'POST /v1/api-keys',
    'gatehouse.credential.v1.CredentialService/IssueApiKey',
    'apply gatehouse.credential.v1.ApiKeyIssued',
  ]
  await expect
    .poll(
      () => {
        const [root] = spans.filter(({ name }) => name === steps[0]).slice(-1)
        const names = new Set(spans.filter(({ traceId }) => traceId === root?.traceId).map(({ name }) => name))
        return steps.filter((step) => names.has(step))
      },
      { timeout: 30_000 },
    )
    .toEqual(steps)
})

test('a request goes on in the trace of its caller, and the upstream below the span of the gateway', async () => {
  const trace = '0af7651916cd43dd8448eb211c80319c'
  const traceparent = `00-${trace}-b7ad6b7169203331-01`
  const response = await call(`${system.gateway}/orders/items?q=secret`, system.key, { headers: { traceparent } })
  expect(response.status).toBe(200)
  const [, traceId, spanId, flags] = (sent.at(-1) ?? '').split('-')
  expect([traceId, flags]).toEqual([trace, '01'])
  const found = () => spans.find((span) => span.spanId === spanId)
  await expect.poll(found).toMatchObject({
    name: 'GET /orders/items',
    traceId: trace,
    parentSpanId: 'b7ad6b7169203331',
    kind: 2,
    attributes: expect.arrayContaining([{ key: 'http.response.status_code', value: { intValue: 200 } }]),
  })
  for (const secret of [system.key.key, 'secret', 'gho_']) expect(bodies.join('')).not.toContain(secret)
})
