import {
  type Attributes,
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'

let enabled = false

const kinds = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  internal: SpanKind.INTERNAL,
  consumer: SpanKind.CONSUMER,
} as const

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

/** Whether spans are exported: what a span needs is worth computing only then. */
export function isTracing(): boolean {
  return enabled
}

/** A span whose end is told by an event instead of a promise. */
export interface OpenSpan {
  /** To hand on; undefined when nothing is exported. */
  readonly traceparent: string | undefined
  /** @param failure a name, never a text that may quote a caller */
  end(attributes: Attributes, failure?: string): void
}

/** Begins a span below `traceparent`, or a new trace. @param startTimeMs Unix milliseconds [now] */
export function openSpan(
  name: string,
  kind: keyof typeof kinds,
  traceparent: string | undefined,
  startTimeMs?: number,
): OpenSpan {
  const parent = traceparent ? contextOf(traceparent) : ROOT_CONTEXT
  const startTime = startTimeMs === undefined ? {} : { startTime: startTimeMs }
  const span = trace.getTracer('gatehouse').startSpan(name, { kind: kinds[kind], ...startTime }, parent)
  return {
    traceparent: traceparentIn(trace.setSpan(parent, span)),
    end(attributes, failure) {
      span.setAttributes(attributes)
      if (failure !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: failure })
      span.end()
    },
  }
}

function contextOf(traceparent: string | undefined): Context {
  return traceparent ? propagation.extract(context.active(), { traceparent }) : context.active()
}

function inSpan<Result>(
  name: string,
  kind: SpanKind,
  traceparent: string | undefined,
  work: (traceparent: string | undefined) => Promise<Result>,
): Promise<Result> {
  return trace.getTracer('gatehouse').startActiveSpan(name, { kind }, contextOf(traceparent), async (span) => {
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
