import { type Context, context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'

let enabled = false

const kinds = { server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL } as const

/**
 * Exports spans by OTLP/HTTP when `OTEL_EXPORTER_OTLP_ENDPOINT` is set; otherwise it does nothing and loads nothing.
 * Once for each process. Answers what flushes and ends the export.
 */
export async function startTracing(service: string): Promise<{ close(): Promise<void> }> {
  if (!process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] || enabled) return { close: async () => undefined }
  const [{ NodeTracerProvider, BatchSpanProcessor }, { OTLPTraceExporter }, { resourceFromAttributes }] =
    await Promise.all([
      import('@opentelemetry/sdk-trace-node'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
    ])
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.namespace': 'gatehouse', 'service.name': service }),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  })
  provider.register()
  enabled = true
  return {
    async close() {
      enabled = false
      await provider.shutdown().catch(() => undefined)
    },
  }
}

/**
 * Runs work in a span below `traceparent` (or below the current span) and hands it the traceparent to pass on. Without
 * an exporter the given traceparent is passed on untouched, at the cost of one branch.
 */
export function traced<Result>(
  name: string,
  kind: keyof typeof kinds,
  traceparent: string | undefined,
  work: (traceparent: string | undefined) => Promise<Result>,
): Promise<Result> {
  return enabled ? inSpan(name, kinds[kind], traceparent, work) : work(traceparent)
}

function inSpan<Result>(
  name: string,
  kind: SpanKind,
  traceparent: string | undefined,
  work: (traceparent: string | undefined) => Promise<Result>,
): Promise<Result> {
  const parent = traceparent ? propagation.extract(context.active(), { traceparent }) : context.active()
  return trace.getTracer('gatehouse').startActiveSpan(name, { kind }, parent, async (span) => {
    try {
      return await work(traceparentIn(context.active()))
    } catch (error) {
      // The name alone: a message may quote what the caller sent.
      span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.name : 'error' })
      throw error
    } finally {
      span.end()
    }
  })
}

function traceparentIn(active: Context): string | undefined {
  const carrier: { traceparent?: string } = {}
  propagation.inject(active, carrier)
  return carrier.traceparent
}
