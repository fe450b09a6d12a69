import type { IngestRequest, IngestResponse } from '@gatehouse/contracts/audit/v1/audit_service'
import type { StoredRecord } from '@gatehouse/contracts/audit/v1/decision_record'
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
 * `send` resolves when the service has committed the records; rejects when the stream breaks, or when nothing that waits
 * is acknowledged for `timeoutMs`: a service that is slow but works on is not given twice as much to do.
 */
export function createGrpcSink(ingest: () => IngestCall, { timeoutMs = 10_000 } = {}): AuditSink & { close(): void } {
  let stream: ReturnType<typeof open> | undefined

  function open() {
    const call = ingest()
    const waiting: Waiting[] = []
    let timer: NodeJS.Timeout | undefined
    const broken = (error: Error) => {
      if (stream === opened) stream = undefined
      clearTimeout(timer)
      for (const { reject } of waiting.splice(0)) reject(error)
    }
    const expire = () => {
      broken(new Error(`no acknowledgement within ${timeoutMs} ms`))
      call.cancel()
    }
    const restartTimer = () => {
      clearTimeout(timer)
      timer = waiting.length > 0 ? setTimeout(expire, timeoutMs) : undefined
    }
    call.on('data', () => {
      waiting.shift()?.resolve()
      restartTimer()
    })
    call.on('error', broken)
    call.on('end', () => broken(new Error('the audit service ended the stream')))
    const send = (records: readonly StoredRecord[]) =>
      new Promise<void>((resolve, reject) => {
        waiting.push({ resolve, reject })
        if (waiting.length === 1) restartTimer()
        call.write({ records })
      })
    const opened = { call, send }
    return opened
  }

  return {
    inFlightMax: IN_FLIGHT_MAX,
    send(records) {
      stream ??= open()
      return stream.send(records)
    },
    close() {
      stream?.call.end()
      stream = undefined
    },
  }
}
