import type { IngestRequest, IngestResponse } from '@gatehouse/contracts/audit/v1/audit_service'
import type { AuditSink } from './shipper.ts'

/** The call of AuditService.Ingest (`AuditServiceClient['ingest']` fits). */
interface IngestCall {
  write(request: IngestRequest): boolean
  end(): void
  cancel(): void
  on(event: 'data', listener: (response: IngestResponse) => void): this
  on(event: 'error', listener: (error: Error) => void): this
  on(event: 'end', listener: () => void): this
}

interface Waiting {
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** One is stored while the next one is read there, and a third is on its way. */
const IN_FLIGHT_MAX = 3

/**
 * Ships to the audit service over one long-lived stream, opened again after it broke.
 * `send` resolves when the service has committed the records; rejects when the stream breaks or `timeoutMs` pass.
 */
export function createGrpcSink(ingest: () => IngestCall, { timeoutMs = 10_000 } = {}): AuditSink & { close(): void } {
  let stream: { readonly call: IngestCall; readonly waiting: Waiting[] } | undefined

  function open() {
    const call = ingest()
    const waiting: Waiting[] = []
    const opened = { call, waiting }
    const broken = (error: Error) => {
      if (stream === opened) stream = undefined
      for (const { reject } of waiting.splice(0)) reject(error)
    }
    call.on('data', () => waiting.shift()?.resolve())
    call.on('error', broken)
    call.on('end', () => broken(new Error('the audit service ended the stream')))
    return opened
  }

  return {
    inFlightMax: IN_FLIGHT_MAX,
    send(records) {
      stream ??= open()
      const { call, waiting } = stream
      return new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => {
          reject(new Error(`no acknowledgement within ${timeoutMs} ms`))
          call.cancel()
        }, timeoutMs)
        const settle = (settled: () => void) => {
          clearTimeout(timer)
          settled()
        }
        waiting.push({ resolve: () => settle(resolve), reject: (error) => settle(() => reject(error)) })
        call.write({ records })
      })
    },
    close() {
      stream?.call.end()
      stream = undefined
    },
  }
}
