import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { startTracing, traced } from './tracing.ts'

const incoming = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

afterEach(() => {
  vi.unstubAllEnvs()
})

test('without an exporter the trace context is passed on untouched', async () => {
  await startTracing('audit')
  expect(await traced('work', 'internal', incoming, async (traceparent) => traceparent)).toBe(incoming)
  expect(await traced('work', 'internal', undefined, async (traceparent) => traceparent)).toBeUndefined()
})

test('with one, spans go out by OTLP: one below the other, in the trace of the caller, failures without their text', async () => {
  const bodies: string[] = []
  const collector = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    bodies.push(body)
    response.end('{}')
  })
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve))
  const { port } = collector.address() as AddressInfo
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', `http://127.0.0.1:${port}`)
  const tracing = await startTracing('audit')

  const inner = await traced('outer', 'server', incoming, () =>
    traced('inner', 'client', undefined, async (traceparent) => traceparent),
  )
  await traced('failing', 'internal', incoming, () => Promise.reject(new RangeError('secret text'))).catch(
    () => undefined,
  )
  await tracing.close()
  collector.close()

  expect(inner).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/)
  const spans = bodies.flatMap((body) =>
    JSON.parse(body).resourceSpans.flatMap((resource: { scopeSpans: { spans: object[] }[] }) =>
      resource.scopeSpans.flatMap((scope) => scope.spans),
    ),
  )
  const outer = spans.find(({ name }) => name === 'outer')
  expect(outer).toMatchObject({
    parentSpanId: 'b7ad6b7169203331',
    traceId: '0af7651916cd43dd8448eb211c80319c',
    kind: 2,
  })
  expect(spans.find(({ name }) => name === 'inner')).toMatchObject({ parentSpanId: outer.spanId, kind: 3 })
  expect(spans.find(({ name }) => name === 'failing').status).toEqual({ code: 2, message: 'RangeError' })
  expect(bodies.join('')).toContain('"stringValue":"audit"')
  expect(bodies.join('')).not.toContain('secret text')
})
